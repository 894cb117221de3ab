using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>
/// A plain PyTorch program (bench/python/twin.py) that does what a benchmark does, in a process of its own that waits
/// for each repetition to be asked for: so ours and theirs take turns on the same machine under the same load.
/// </summary>
internal sealed class PythonTwin : IDisposable
{
    private const string DebiansPython = "/usr/bin/python3";
    private readonly Process _process;

    /// <summary>Starts it and waits until it has built its network and done its first step.</summary>
    /// <exception cref="InvalidOperationException">Python, PyTorch or the program is missing.</exception>
    public PythonTwin(string benchmark, string form, IReadOnlyDictionary<string, object> shape)
    {
        Form = form;
        var start = new ProcessStartInfo(File.Exists(DebiansPython) ? DebiansPython : "python3")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            ArgumentList = { Script(), benchmark, form, JsonSerializer.Serialize(shape) },
        };
        start.Environment["OMP_NUM_THREADS"] = LibTorch.Threads.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in LibTorch.ProcessorSettings)
        {
            start.Environment[name] = value;
        }

        try
        {
            _process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new InvalidOperationException("--against python needs Python with PyTorch: apt-get install python3-torch");
        }

        try
        {
            Expect("ready");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>How the program does it: "published" as the reference does, "frozen" or "plain" as well as plain PyTorch can.</summary>
    public string Form { get; }

    /// <summary>The seconds that one step took it.</summary>
    public double Step()
    {
        _process.StandardInput.WriteLine("step");
        _process.StandardInput.Flush();
        return double.Parse(Expect("seconds "), CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private string Expect(string beginning)
    {
        var line = _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"The PyTorch program of this benchmark ended early (form {Form}); what it said is above.");
        return line.StartsWith(beginning, StringComparison.Ordinal)
            ? line[beginning.Length..]
            : throw new InvalidOperationException(line.StartsWith("error ", StringComparison.Ordinal) ? line["error ".Length..] : $"The PyTorch program said: {line}");
    }

    private static string Script()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var script = Path.Combine(folder.FullName, "bench", "python", "twin.py");
            if (File.Exists(script))
            {
                return script;
            }
        }

        throw new InvalidOperationException("--against python needs bench/python, which only a source checkout has.");
    }
}
