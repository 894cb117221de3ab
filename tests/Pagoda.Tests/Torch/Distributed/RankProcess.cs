using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pagoda.Tests.Torch.Distributed;

/// <summary>One rank of a run, as a process (tests/Pagoda.Tests.Rank).</summary>
internal sealed class RankProcess : IDisposable
{
    /// <summary>Long beside what a rank does in a test, on a machine that does much else.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private RankProcess(Process process) => Process = process;

    public Process Process { get; }

    public string Output => Read(_output);

    public string Errors => Read(_errors);

    /// <summary>libtorch writes warnings before it.</summary>
    public string LastError => Errors.TrimEnd().Split('\n')[^1];

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public static RankProcess[] StartAll(int size, string scenario, params (string Name, string Value)[] environment)
    {
        var port = FreePort();
        return [.. Enumerable.Range(0, size).Select(rank => Start(rank, size, port, scenario, environment))];
    }

    public static RankProcess Start(int rank, int size, int port, string scenario, params (string Name, string Value)[] environment)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var program = Path.Combine(SharedFolder.RepositoryRoot, "tests", "Pagoda.Tests.Rank", "bin", configuration, "net10.0", "Pagoda.Tests.Rank.dll");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.ArgumentList.Add(program);
        start.ArgumentList.Add(scenario);
        var variables = new (string Name, string Value)[]
        {
            ("RANK", Text(rank)), ("WORLD_SIZE", Text(size)), ("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", Text(port)), ("OMP_NUM_THREADS", "1"),
        };
        foreach (var (name, value) in variables.Concat(environment))
        {
            start.Environment[name] = value;
        }

        var rankProcess = new RankProcess(Process.Start(start)!);
        rankProcess.Process.OutputDataReceived += (_, line) => Append(rankProcess._output, line.Data);
        rankProcess.Process.ErrorDataReceived += (_, line) => Append(rankProcess._errors, line.Data);
        rankProcess.Process.BeginOutputReadLine();
        rankProcess.Process.BeginErrorReadLine();
        return rankProcess;
    }

    /// <summary>Waits for a line of its output.</summary>
    public void AwaitLine(string line)
    {
        var waited = Stopwatch.StartNew();
        while (!Output.Split('\n').Contains(line))
        {
            Assert.True(waited.Elapsed < s_patience && !(Process.HasExited && waited.Elapsed > TimeSpan.FromSeconds(5)), $"no \"{line}\": {Output} {Errors}");
            Thread.Sleep(20);
        }
    }

    /// <summary>Waits for its end, and returns its exit code.</summary>
    public int AwaitEnd()
    {
        Assert.True(Process.WaitForExit(s_patience), $"still running after {s_patience.TotalSeconds} s: {Output} {Errors}");
        // Without a limit it also waits for the last lines.
        Process.WaitForExit();
        return Process.ExitCode;
    }

    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
        }

        Process.Dispose();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void Append(StringBuilder builder, string? line)
    {
        lock (builder)
        {
            builder.Append(line).Append(line is null ? "" : "\n");
        }
    }

    private static string Read(StringBuilder builder)
    {
        lock (builder)
        {
            return builder.ToString();
        }
    }
}

/// <summary>Several ranks, ended with the test.</summary>
internal sealed class Ranks(RankProcess[] processes) : IDisposable
{
    public RankProcess this[int rank] => processes[rank];

    public RankProcess[] All => processes;

    public static Ranks Start(int size, string scenario, params (string Name, string Value)[] environment) => new(RankProcess.StartAll(size, scenario, environment));

    public void AwaitRunning()
    {
        foreach (var process in processes)
        {
            process.AwaitLine("running");
        }
    }

    public void Dispose()
    {
        foreach (var process in processes)
        {
            process.Dispose();
        }
    }
}
