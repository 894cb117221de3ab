using System.Globalization;

namespace Pagoda.Torch.Distributed;

/// <summary>Turns launchers' environment variables into a <see cref="Launch"/>.</summary>
/// <remarks>
/// The most specific launcher wins: torchrun may itself run under srun, and mpirun inside a Slurm allocation, whose variables then
/// count machines instead of processes.
/// </remarks>
internal sealed class LaunchEnvironment(Func<string, string?> read)
{
    /// <summary>PyTorch's.</summary>
    public const int DefaultPort = 29500;

    public Launch Read()
    {
        var launch = Text("RANK") is not null ? ReadTorchrun()
            : Text("OMPI_COMM_WORLD_SIZE") is not null ? ReadOpenMpi()
            : Text("PMI_SIZE") is not null && Text("PMI_SIZE") != SlurmTasks() ? ReadPmi()
            : Text("SLURM_PROCID") is not null && !IsShellOfSlurm() ? ReadSlurm()
            : ReadNothing();
        return Check(launch);
    }

    private Launch ReadTorchrun()
    {
        var size = Number("WORLD_SIZE") ?? throw Problem("RANK is set but WORLD_SIZE is not: set both, or neither for one process.");
        var rank = Number("RANK") ?? 0;
        var address = Text("MASTER_ADDR") ?? (size == 1 ? "127.0.0.1" : throw Problem("RANK and WORLD_SIZE are set but MASTER_ADDR is not: set it to the address of the machine where rank 0 runs."));
        // Two shells on one machine set no local ranks; a pod of Kubernetes has one process.
        var together = IsLoopback(address);
        return new Launch(
            rank,
            size,
            Number("LOCAL_RANK") ?? (together ? rank : 0),
            Number("LOCAL_WORLD_SIZE") ?? (together ? size : Math.Max(1, (Number("LOCAL_RANK") ?? 0) + 1)),
            address,
            Port() ?? DefaultPort,
            Launcher.Torchrun)
        {
            LauncherHostsStore = string.Equals(Text("TORCHELASTIC_USE_AGENT_STORE"), "true", StringComparison.OrdinalIgnoreCase),
            Attempt = Number("TORCHELASTIC_RESTART_COUNT") ?? 0,
        };
    }

    private Launch ReadOpenMpi() => ReadMpi("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE", Launcher.OpenMpi);

    private Launch ReadPmi() => ReadMpi("PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS", Launcher.Pmi);

    private Launch ReadMpi(string rankName, string sizeName, string localRankName, string localSizeName, Launcher launcher)
    {
        var size = Required(sizeName, rankName);
        var rank = Required(rankName, sizeName);
        var localSize = Number(localSizeName) ?? 1;
        var address = Text("MASTER_ADDR") ?? (localSize == size
            ? "127.0.0.1"
            : throw Problem($"{sizeName} is {size} but MASTER_ADDR is not set: pass the address of rank 0's machine to every process (mpirun -x MASTER_ADDR=...)."));
        return new Launch(rank, size, Number(localRankName) ?? 0, localSize, address, Port() ?? DefaultPort, launcher);
    }

    private Launch ReadSlurm()
    {
        var rank = Required("SLURM_PROCID", "SLURM_NTASKS");
        var size = Number("SLURM_STEP_NUM_TASKS") ?? Number("SLURM_NTASKS") ?? Number("SLURM_NPROCS")
            ?? throw Problem("SLURM_PROCID is set but SLURM_NTASKS is not: start the processes with srun --ntasks.");
        var localRank = Number("SLURM_LOCALID") ?? 0;
        var tasks = Text("SLURM_STEP_TASKS_PER_NODE") ?? Text("SLURM_TASKS_PER_NODE");
        var localSize = (tasks is null ? null : SlurmNodes.TasksOf(tasks, Number("SLURM_NODEID") ?? 0)) ?? Number("SLURM_NTASKS_PER_NODE") ?? localRank + 1;
        var job = Number("SLURM_JOB_ID") ?? Number("SLURM_JOBID") ?? 0;
        // Below the range that Linux hands out to clients; steps of one job may share a machine.
        var step = Number("SLURM_STEP_ID") ?? 0;
        var port = 12000 + (int)((job + (17L * step)) % 20000);
        return new Launch(rank, size, localRank, localSize, Text("MASTER_ADDR") ?? SlurmMaster(size), Port() ?? port, Launcher.Slurm);
    }

    private string SlurmMaster(int size)
    {
        var name = Text("SLURM_STEP_NODELIST") is not null ? "SLURM_STEP_NODELIST" : Text("SLURM_JOB_NODELIST") is not null ? "SLURM_JOB_NODELIST" : "SLURM_NODELIST";
        if (Text(name) is not { } list)
        {
            return size == 1 ? "127.0.0.1" : throw Problem("Neither MASTER_ADDR nor SLURM_JOB_NODELIST is set: set MASTER_ADDR to the machine where rank 0 runs.");
        }

        try
        {
            return SlurmNodes.Expand(list).First();
        }
        catch (FormatException problem)
        {
            throw Problem($"{name}: {problem.Message} Set MASTER_ADDR to the machine where rank 0 runs.");
        }
    }

    private Launch ReadNothing()
    {
        var size = Number("WORLD_SIZE") ?? 1;
        return size == 1 ? Launch.Single : throw Problem($"WORLD_SIZE is {size} but RANK is not set: set both, or start the processes with torchrun, srun or mpirun.");
    }

    private Launch Check(Launch launch)
    {
        if (launch.Size < 1 || launch.Rank < 0 || launch.Rank >= launch.Size)
        {
            throw Problem($"Rank {launch.Rank} of {launch.Size} processes cannot be ({Source(launch)}): ranks go from 0 to {Math.Max(0, launch.Size - 1)}.");
        }

        if (launch.LocalSize > launch.Size || launch.LocalRank < 0 || launch.LocalRank >= launch.LocalSize)
        {
            throw Problem($"Local rank {launch.LocalRank} of {launch.LocalSize} on this machine cannot be among {launch.Size} processes ({Source(launch)}).");
        }

        if (launch.Launcher != Launcher.Torchrun && launch.Launcher != Launcher.None && Number("WORLD_SIZE") is { } world && world != launch.Size)
        {
            throw Problem($"WORLD_SIZE is {world}, but {Source(launch)} started {launch.Size} processes: unset WORLD_SIZE, or set RANK too.");
        }

        return launch;
    }

    private static string Source(Launch launch) => launch.Launcher switch
    {
        Launcher.Torchrun => "RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE",
        Launcher.OpenMpi => "Open MPI",
        Launcher.Pmi => "mpiexec",
        Launcher.Slurm => "Slurm",
        _ => "no launcher",
    };

    private string? SlurmTasks() => Text("SLURM_STEP_NUM_TASKS") ?? Text("SLURM_NTASKS");

    /// <summary>A shell in an allocation has a rank but no companions: those come with srun.</summary>
    private bool IsShellOfSlurm() => Text("SLURM_STEP_NUM_TASKS") is null && Text("SLURM_JOB_NAME") is "bash" or "sh" or "zsh" or "interactive";

    private static bool IsLoopback(string address) =>
        address == "localhost" || (System.Net.IPAddress.TryParse(address, out var parsed) && System.Net.IPAddress.IsLoopback(parsed));

    private string? Text(string name) => read(name)?.Trim() is { Length: > 0 } text ? text : null;

    private int Required(string name, string because) => Number(name) ?? throw Problem($"{because} is set but {name} is not.");

    private int? Number(string name) => Text(name) switch
    {
        null => null,
        var text when int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        // Slurm numbers its own steps from the upper end of 32 bits.
        var text when name.StartsWith("SLURM_", StringComparison.Ordinal) && uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var large) => (int)(large & int.MaxValue),
        var text => throw Problem($"{name} is \"{text}\": it must be a whole number."),
    };

    private int? Port() => Number("MASTER_PORT") is not { } port ? null
        : port is > 0 and < 65536 ? port
        : throw Problem($"MASTER_PORT is {port}: ports go from 1 to 65535.");

    private static DistributedException Problem(string message) => new(message);
}
