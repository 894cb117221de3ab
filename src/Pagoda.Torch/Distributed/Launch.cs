using System.Globalization;

namespace Pagoda.Torch.Distributed;

/// <summary>Who started the processes of a run.</summary>
public enum Launcher
{
    /// <summary>Nobody in particular: one process.</summary>
    None,

    /// <summary><c>RANK</c> and <c>WORLD_SIZE</c>: torchrun, a Kubernetes training operator, or a person.</summary>
    Torchrun,

    /// <summary>Slurm's srun.</summary>
    Slurm,

    /// <summary>Open MPI's mpirun.</summary>
    OpenMpi,

    /// <summary>The mpiexec of MPICH, Intel MPI and their kin.</summary>
    Pmi,
}

/// <summary>This process's place among the processes of a run, as its launcher's environment variables say it.</summary>
/// <param name="Rank">Which process this is, from 0.</param>
/// <param name="Size">How many there are.</param>
/// <param name="LocalRank">Which one it is on this machine, from 0: the number of its CUDA device.</param>
/// <param name="LocalSize">How many there are on this machine.</param>
/// <param name="MasterAddress">The machine that all find each other at.</param>
/// <param name="MasterPort">The TCP port there.</param>
/// <param name="Launcher">Whose variables were read.</param>
public sealed record Launch(int Rank, int Size, int LocalRank, int LocalSize, string MasterAddress, int MasterPort, Launcher Launcher)
{
    /// <summary>One process, on its own.</summary>
    public static Launch Single { get; } = new(0, 1, 0, 1, "127.0.0.1", LaunchEnvironment.DefaultPort, Launcher.None);

    /// <summary>True in the one process of a run that writes its files and speaks to the user.</summary>
    public bool IsMain => Rank == 0;

    /// <summary>True when the launcher itself serves the store at <see cref="MasterAddress"/>, as torchrun does; otherwise rank 0 does.</summary>
    public bool LauncherHostsStore { get; init; }

    /// <summary>How often the launcher has started this run again (<c>TORCHELASTIC_RESTART_COUNT</c>).</summary>
    public int Attempt { get; init; }

    /// <summary>
    /// The device of this process: <c>cuda:LocalRank</c> where libtorch sees devices (<c>cuda:0</c> where the launcher lets each process see one),
    /// else the processor.
    /// </summary>
    /// <exception cref="DistributedException">There are fewer devices than processes.</exception>
    public Device Device => LibTorch.CudaDeviceCount switch
    {
        0 => Device.Cpu,
        var count when LocalRank < count => Device.Cuda(LocalRank),
        1 => Device.Cuda(),
        var count => throw new DistributedException(
            $"Local rank {LocalRank} has no CUDA device of its own: this machine shows {count} to {LocalSize} processes; start no more processes than devices."),
    };

    /// <summary>
    /// Reads the launcher's variables: torchrun's (<c>RANK</c>, <c>WORLD_SIZE</c>, <c>LOCAL_RANK</c>, <c>LOCAL_WORLD_SIZE</c>, <c>MASTER_ADDR</c>,
    /// <c>MASTER_PORT</c>), else Open MPI's (<c>OMPI_COMM_WORLD_*</c>), PMI's (<c>PMI_RANK</c>, <c>PMI_SIZE</c>) or Slurm's (<c>SLURM_PROCID</c>,
    /// <c>SLURM_STEP_NUM_TASKS</c> or <c>SLURM_NTASKS</c>), with <c>MASTER_ADDR</c> and <c>MASTER_PORT</c> going before what those imply.
    /// Nothing set is a launch of one.
    /// </summary>
    /// <param name="read">Reads a variable; the process's own environment when null.</param>
    /// <exception cref="DistributedException">The variables contradict each other or are no numbers; the message names the variable.</exception>
    public static Launch FromEnvironment(Func<string, string?>? read = null) => new LaunchEnvironment(read ?? Environment.GetEnvironmentVariable).Read();

    /// <summary>
    /// Gives libtorch this process's share of the machine's processors when several processes run on it and neither
    /// <c>OMP_NUM_THREADS</c> nor Slurm's binding has decided already: threads that outnumber processors slow every operator.
    /// </summary>
    public void ShareProcessors()
    {
        if (LocalSize > 1 && Launcher != Launcher.Slurm && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OMP_NUM_THREADS")))
        {
            LibTorch.Threads = Math.Max(1, Environment.ProcessorCount / LocalSize);
        }
    }

    /// <summary>For example <c>rank 1 of 4 (torchrun, store at node1:29500)</c>.</summary>
    public override string ToString() => Size == 1
        ? "one process"
        : string.Create(CultureInfo.InvariantCulture, $"rank {Rank} of {Size} ({Launcher.ToString().ToLowerInvariant()}, store at {MasterAddress}:{MasterPort})");
}
