using FsCheck;
using FsCheck.Fluent;
using Pagoda.Torch.Distributed;

namespace Pagoda.Tests.Torch.Distributed;

public sealed class LaunchTests
{
    private static Launch Read(params (string Name, string Value)[] variables)
    {
        var environment = variables.ToDictionary(pair => pair.Name, pair => pair.Value);
        return Launch.FromEnvironment(environment.GetValueOrDefault);
    }

    private static string Problem(params (string Name, string Value)[] variables) => Assert.Throws<DistributedException>(() => Read(variables)).Message;

    [Fact]
    public void FromEnvironment_NothingSet_OneProcess() => Assert.Equal(Launch.Single, Read());

    [Fact]
    public void FromEnvironment_Torchrun_ReadsAll()
    {
        var launch = Read(
            ("RANK", "5"), ("WORLD_SIZE", "8"), ("LOCAL_RANK", "1"), ("LOCAL_WORLD_SIZE", "4"), ("MASTER_ADDR", "node1"), ("MASTER_PORT", "1234"),
            ("TORCHELASTIC_RESTART_COUNT", "2"), ("TORCHELASTIC_USE_AGENT_STORE", "True"),
            // Under srun, which counts torchruns.
            ("SLURM_PROCID", "1"), ("SLURM_NTASKS", "2"));
        Assert.Equal(new Launch(5, 8, 1, 4, "node1", 1234, Launcher.Torchrun) { Attempt = 2, LauncherHostsStore = true }, launch);
        Assert.False(launch.IsMain);
    }

    [Fact]
    public void FromEnvironment_TwoShellsOnOneMachine_LocalRanksAreTheRanks() =>
        Assert.Equal(new Launch(1, 2, 1, 2, "localhost", 29500, Launcher.Torchrun), Read(("RANK", "1"), ("WORLD_SIZE", "2"), ("MASTER_ADDR", "localhost")));

    [Fact]
    public void FromEnvironment_PodOfKubernetes_HasTheFirstDevice() =>
        Assert.Equal(
            new Launch(3, 4, 0, 1, "job-master-0", 23456, Launcher.Torchrun),
            Read(("RANK", "3"), ("WORLD_SIZE", "4"), ("MASTER_ADDR", "job-master-0"), ("MASTER_PORT", "23456"), ("PYTHONUNBUFFERED", "0")));

    [Fact]
    public void FromEnvironment_Slurm_FindsMasterAndPort()
    {
        var launch = Read(
            ("SLURM_PROCID", "3"), ("SLURM_NTASKS", "4"), ("SLURM_LOCALID", "1"), ("SLURM_NTASKS_PER_NODE", "2"),
            ("SLURM_JOB_NODELIST", "gpu[07-09,12]"), ("SLURM_JOB_ID", "100001"));
        Assert.Equal(new Launch(3, 4, 1, 2, "gpu07", 12001, Launcher.Slurm), launch);
    }

    [Fact]
    public void FromEnvironment_SlurmWithUnevenNodes_CountsThisNode() =>
        Assert.Equal(3, Read(
            ("SLURM_PROCID", "8"), ("SLURM_STEP_NUM_TASKS", "11"), ("SLURM_NTASKS", "16"), ("SLURM_LOCALID", "0"), ("SLURM_NODEID", "2"),
            ("SLURM_STEP_TASKS_PER_NODE", "4(x2),3"), ("MASTER_ADDR", "a")).LocalSize);

    [Fact]
    public void FromEnvironment_MasterSetUnderSlurm_GoesBefore()
    {
        var launch = Read(("SLURM_PROCID", "0"), ("SLURM_NTASKS", "2"), ("SLURM_JOB_NODELIST", "a,b"), ("MASTER_ADDR", "b"), ("MASTER_PORT", "99"), ("WORLD_SIZE", "2"));
        Assert.Equal(("b", 99), (launch.MasterAddress, launch.MasterPort));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("interactive")]
    public void FromEnvironment_ShellInAnAllocation_OneProcess(string name) =>
        Assert.Equal(Launch.Single, Read(("SLURM_PROCID", "0"), ("SLURM_NTASKS", "8"), ("SLURM_JOB_NAME", name), ("SLURM_JOB_NODELIST", "a[1-8]")));

    [Fact]
    public void FromEnvironment_StepOfOneTask_OneProcess() =>
        Assert.Equal(1, Read(("SLURM_PROCID", "0"), ("SLURM_NTASKS", "8"), ("SLURM_STEP_NUM_TASKS", "1"), ("SLURM_STEP_ID", "4294967290")).Size);

    [Fact]
    public void FromEnvironment_OpenMpiInsideSlurm_CountsProcesses() =>
        Assert.Equal(
            new Launch(2, 4, 0, 2, "10.0.0.1", 29500, Launcher.OpenMpi),
            Read(
                ("OMPI_COMM_WORLD_RANK", "2"), ("OMPI_COMM_WORLD_SIZE", "4"), ("OMPI_COMM_WORLD_LOCAL_RANK", "0"), ("OMPI_COMM_WORLD_LOCAL_SIZE", "2"),
                ("MASTER_ADDR", "10.0.0.1"), ("SLURM_PROCID", "1"), ("SLURM_NTASKS", "2")));

    [Fact]
    public void FromEnvironment_OpenMpiOnOneMachine_NeedsNoMaster() =>
        Assert.Equal(
            new Launch(1, 2, 1, 2, "127.0.0.1", 29500, Launcher.OpenMpi),
            Read(("OMPI_COMM_WORLD_RANK", "1"), ("OMPI_COMM_WORLD_SIZE", "2"), ("OMPI_COMM_WORLD_LOCAL_RANK", "1"), ("OMPI_COMM_WORLD_LOCAL_SIZE", "2")));

    [Fact]
    public void FromEnvironment_Pmi_ReadsAll() =>
        Assert.Equal(
            new Launch(1, 2, 0, 1, "a", 29500, Launcher.Pmi),
            Read(("PMI_RANK", "1"), ("PMI_SIZE", "2"), ("MPI_LOCALRANKID", "0"), ("MPI_LOCALNRANKS", "1"), ("MASTER_ADDR", "a")));

    [Fact]
    public void FromEnvironment_BrokenValues_NamesTheVariable()
    {
        Assert.Equal("RANK is set but WORLD_SIZE is not: set both, or neither for one process.", Problem(("RANK", "0")));
        Assert.Equal("WORLD_SIZE is 2 but RANK is not set: set both, or start the processes with torchrun, srun or mpirun.", Problem(("WORLD_SIZE", "2")));
        Assert.Contains("MASTER_ADDR is not", Problem(("RANK", "0"), ("WORLD_SIZE", "2")), StringComparison.Ordinal);
        Assert.Equal("RANK is \"first\": it must be a whole number.", Problem(("RANK", "first"), ("WORLD_SIZE", "2"), ("MASTER_ADDR", "a")));
        Assert.Equal("MASTER_PORT is 70000: ports go from 1 to 65535.", Problem(("RANK", "0"), ("WORLD_SIZE", "2"), ("MASTER_ADDR", "a"), ("MASTER_PORT", "70000")));
        Assert.Contains("Rank 2 of 2 processes cannot be", Problem(("RANK", "2"), ("WORLD_SIZE", "2"), ("MASTER_ADDR", "a")), StringComparison.Ordinal);
        Assert.Contains("Local rank 4 of 4", Problem(("RANK", "1"), ("WORLD_SIZE", "8"), ("MASTER_ADDR", "a"), ("LOCAL_RANK", "4"), ("LOCAL_WORLD_SIZE", "4")), StringComparison.Ordinal);
        Assert.Contains("\"a[1-\" is no list of hosts", Problem(("SLURM_PROCID", "0"), ("SLURM_NTASKS", "2"), ("SLURM_JOB_NODELIST", "a[1-")), StringComparison.Ordinal);
        Assert.Contains("WORLD_SIZE is 4, but Slurm started 2", Problem(("SLURM_PROCID", "0"), ("SLURM_NTASKS", "2"), ("SLURM_JOB_NODELIST", "a,b"), ("WORLD_SIZE", "4")), StringComparison.Ordinal);
        Assert.Contains("mpirun -x MASTER_ADDR", Problem(("OMPI_COMM_WORLD_RANK", "1"), ("OMPI_COMM_WORLD_SIZE", "2")), StringComparison.Ordinal);
    }

    [Fact]
    public void FromEnvironment_AnyValues_AConsistentLaunchOrASentence()
    {
        string[] names =
        [
            "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID",
            "SLURM_JOB_NODELIST", "SLURM_STEP_TASKS_PER_NODE", "SLURM_JOB_ID", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMI_SIZE",
        ];
        string[] values = ["0", "1", "2", "3", "-1", "", " 4 ", "99999999999", "a", "node[01-03,07]", "[", "2(x2)", "4294967290", "x[3-1]", "7,8]"];
        var environments = Gen.Elements(names).Zip(Gen.Elements(values)).ListOf();
        Prop.ForAll(environments.ToArbitrary(), pairs =>
        {
            var environment = pairs.DistinctBy(pair => pair.Item1).ToDictionary(pair => pair.Item1, pair => pair.Item2);
            try
            {
                var launch = Launch.FromEnvironment(environment.GetValueOrDefault);
                return launch.Rank >= 0 && launch.Rank < launch.Size && launch.LocalRank >= 0 && launch.LocalRank < launch.LocalSize
                    && launch.LocalSize <= launch.Size && launch.MasterPort is > 0 and < 65536 && launch.MasterAddress.Length > 0;
            }
            catch (DistributedException problem)
            {
                return problem.Message.EndsWith('.') && !problem.Message.Contains('\n', StringComparison.Ordinal);
            }
        }).QuickCheckThrowOnFailure();
    }
}
