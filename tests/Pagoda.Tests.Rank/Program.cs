using Pagoda.Tests.Rank;
using Pagoda.Torch.Distributed;

// dotnet Pagoda.Tests.Rank.dll SCENARIO: a line per event on standard output, the sentence of a DistributedException on standard error.
var options = new ProcessGroupOptions
{
    JoinTimeout = TimeSpan.FromSeconds(Seconds("RANK_JOIN_SECONDS", 120)),
    HeartbeatInterval = TimeSpan.FromSeconds(Seconds("RANK_BEAT_SECONDS", 0.2)),
    HeartbeatLimit = TimeSpan.FromSeconds(Seconds("RANK_LIMIT_SECONDS", 30)),
    Grace = TimeSpan.FromSeconds(Seconds("RANK_GRACE_SECONDS", 3)),
    OnLost = sentence => Console.Error.WriteLine($"ended from outside: {sentence}"),
};
try
{
    var launch = Launch.FromEnvironment();
    launch.ShareProcessors();
    using var group = ProcessGroup.Open(launch, launch.Device, options) ?? throw new DistributedException("This is a run of one.");
    Console.WriteLine($"joined {launch}");
    Scenarios.Named(args[0])(group);
    Console.WriteLine("done");
    return 0;
}
catch (DistributedException problem)
{
    Console.Error.WriteLine(problem.Message);
    return 1;
}

static double Seconds(string name, double standard) =>
    Environment.GetEnvironmentVariable(name) is { } text ? double.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : standard;
