using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Pagoda.Torch;
using Pagoda.Torch.Distributed;

namespace Pagoda.Tests.Torch.Distributed;

/// <summary>Real processes on loopback.</summary>
[Trait("Host", "programs")]
public sealed partial class ProcessGroupTests
{
    private const int Stop = 19;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Collectives_SeveralProcesses_GiveWhatTheyShould(int size)
    {
        using var ranks = Ranks.Start(size, "collectives");
        AllEndWell(ranks);
    }

    [Fact]
    public void Texts_ThreeProcesses_ArriveWhole()
    {
        using var ranks = Ranks.Start(3, "texts");
        AllEndWell(ranks);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Collective_RankKilled_OthersEndWithItsName(int size)
    {
        using var ranks = Ranks.Start(size, "endless");
        ranks.AwaitRunning();
        ranks[1].Process.Kill();
        foreach (var other in ranks.All.Where(rank => rank != ranks[1]))
        {
            Assert.Equal(1, other.AwaitEnd());
            Assert.Contains($"Rank 1 ({Environment.MachineName}, process {ranks[1].Process.Id}) is gone", other.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("ended from outside", other.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Collective_HostOfTheStoreKilled_OthersEndWithItsName()
    {
        using var ranks = Ranks.Start(3, "endless");
        ranks.AwaitRunning();
        ranks[0].Process.Kill();
        foreach (var other in ranks.All.Skip(1))
        {
            Assert.Equal(1, other.AwaitEnd());
            Assert.Contains($"Rank 0 ({Environment.MachineName}, process {ranks[0].Process.Id})", other.Errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Collective_RankFrozen_OthersEndWithItsName(int frozen)
    {
        using var ranks = Ranks.Start(3, "endless", ("RANK_LIMIT_SECONDS", "5"));
        ranks.AwaitRunning();
        Assert.Equal(0, Signal(ranks[frozen].Process.Id, Stop));
        foreach (var other in ranks.All.Where(rank => rank != ranks[frozen]))
        {
            Assert.Equal(1, other.AwaitEnd());
            Assert.Contains($"Rank {frozen} ({Environment.MachineName}, process {ranks[frozen].Process.Id})", other.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("ended from outside", other.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void OutsideCollectives_RankKilled_OthersAreEndedFromOutside()
    {
        using var ranks = Ranks.Start(3, "idle", ("RANK_LIMIT_SECONDS", "5"), ("RANK_GRACE_SECONDS", "0.5"));
        ranks.AwaitRunning();
        ranks[2].Process.Kill();
        foreach (var other in ranks.All.Take(2))
        {
            Assert.Equal(1, other.AwaitEnd());
            Assert.Contains($"ended from outside: Rank 2 ({Environment.MachineName}, process {ranks[2].Process.Id}) has given no sign of life for 5 s.", other.Errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("fail", "stopped: the loss is not a number.")]
    [InlineData("throw", "left the run before the others did.")]
    public void Collective_RankEndsWithAnError_OthersSaySo(string scenario, string expected)
    {
        using var ranks = Ranks.Start(3, scenario);
        foreach (var other in new[] { ranks[0], ranks[2] })
        {
            Assert.Equal(1, other.AwaitEnd());
            Assert.Equal($"Rank 1 ({Environment.MachineName}, process {ranks[1].Process.Id}) {expected}", other.Errors.TrimEnd());
        }
    }

    [Fact]
    public void Dispose_OneRankNeedsLonger_NobodyTakesAnotherForDead()
    {
        using var ranks = Ranks.Start(3, "late", ("RANK_LIMIT_SECONDS", "5"));
        AllEndWell(ranks);
    }

    [Fact]
    public void Open_PortTaken_NamesIt()
    {
        using var listener = new TcpListener(IPAddress.IPv6Any, 0);
        listener.Server.DualMode = true;
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var rank = RankProcess.Start(0, 2, port, "endless");
        Assert.Equal(1, rank.AwaitEnd());
        Assert.Equal($"Rank 0 cannot listen at 127.0.0.1:{port}, since another program does: set MASTER_PORT to a free port, the same for every rank.", rank.LastError);
    }

    [Fact]
    public void Open_RankMissing_NamesIt()
    {
        var port = RankProcess.FreePort();
        using var ranks = new Ranks([.. new[] { 0, 2 }.Select(rank => RankProcess.Start(rank, 3, port, "endless", ("RANK_JOIN_SECONDS", "3")))]);
        foreach (var rank in ranks.All)
        {
            Assert.Equal(1, rank.AwaitEnd());
            Assert.Equal($"Rank 1 of 3 did not come to 127.0.0.1:{port} within 3 s.", rank.LastError);
        }
    }

    [Fact]
    public void Open_NobodyAtTheAddress_SaysWhere()
    {
        var port = RankProcess.FreePort();
        using var rank = RankProcess.Start(1, 2, port, "endless", ("RANK_JOIN_SECONDS", "2"));
        Assert.Equal(1, rank.AwaitEnd());
        Assert.StartsWith($"Nobody answered at 127.0.0.1:{port} within 2 s: rank 0 must run on the machine that MASTER_ADDR names", rank.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SizesDiffer_SaysBoth()
    {
        var port = RankProcess.FreePort();
        using var ranks = new Ranks([RankProcess.Start(0, 2, port, "endless"), RankProcess.Start(1, 3, port, "endless")]);
        foreach (var rank in ranks.All)
        {
            Assert.Equal(1, rank.AwaitEnd());
            Assert.StartsWith("The run has 2 processes for rank 0 but 3 for rank 1", rank.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Open_SameRankTwice_TheSecondSaysSo()
    {
        var port = RankProcess.FreePort();
        using var ranks = new Ranks([RankProcess.Start(0, 3, port, "endless", ("RANK_JOIN_SECONDS", "5")), RankProcess.Start(1, 3, port, "endless"), RankProcess.Start(1, 3, port, "endless")]);
        ranks[0].AwaitEnd();
        ranks[1].AwaitEnd();
        ranks[2].AwaitEnd();
        Assert.Single(ranks.All, rank => rank.Errors.StartsWith($"Another process already is rank 1 of the run at 127.0.0.1:{port}", StringComparison.Ordinal));
    }

    [Fact]
    public void Open_LaunchOfOne_NeedsNoGroup() => Assert.Null(ProcessGroup.Open(Launch.Single, Device.Cpu));

    [Fact]
    public void Backends_DebiansLibtorch_HasGloo() => Assert.Contains("gloo", ProcessGroup.Backends);

    private static void AllEndWell(Ranks ranks)
    {
        foreach (var rank in ranks.All)
        {
            Assert.True(rank.AwaitEnd() == 0, rank.Output + rank.Errors);
            Assert.Equal("", rank.Errors);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
