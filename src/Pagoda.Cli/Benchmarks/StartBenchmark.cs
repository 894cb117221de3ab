using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Pagoda.Cli.Benchmarks;

/// <summary>
/// How long somebody waits who types <c>generate</c>: from the start of the process to the first preview of the picture, by the embedded model.
/// Its note has the time until the picture is written.
/// </summary>
/// <param name="name">The word that is typed.</param>
/// <param name="method">How the picture is made; null for the way that the model takes by itself.</param>
internal sealed class StartBenchmark(string name, string? method) : IBenchmark
{
    public string Name => name;

    public string Description => $"From the start of the program to the first preview of `generate \"a red apple\"{(method is null ? "" : $" --method {method}")}`.";

    public bool HasTypes => false;

    public Workload Prepare(BenchmarkShape shape) => new Starts(method);

    private sealed class Starts(string? method) : Workload
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("pagoda-bench-").FullName;
        private readonly List<double> _written = [];
        private double _first;
        private long _peak;

        public override Setting Setting => new(method is null ? "emoji" : $"emoji, {method}", 64, 1);

        public override Ceiling Ceiling(Spread seconds) => new("none: it is loading the runtime, libtorch and the model, and the work up to the first preview");

        public override double? OwnSeconds => _first;

        public override long? OtherProcessPeak => _peak;

        public override string Note(Measurement measured)
        {
            var written = Spread.Of(_written);
            return string.Create(CultureInfo.InvariantCulture, $"the picture is written {written.Median:0.00} s after the start ({written.Min:0.00}..{written.Max:0.00}); peak memory is that of the program started");
        }

        // Once brings the files into the page cache.
        public override void WarmUp()
        {
            if (_written.Count == 0)
            {
                Step();
                _written.Clear();
            }
        }

        public override void Step()
        {
            var start = OwnProgram.With("generate", "a red apple", "--seed", "1", "--out", "apple.png", "--force", "--preview-anywhere");
            start.WorkingDirectory = _folder;
            if (method is not null)
            {
                start.ArgumentList.Add("--method");
                start.ArgumentList.Add(method);
            }

            var clock = Stopwatch.StartNew();
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            _first = 0;
            var said = new StringBuilder();
            var buffer = new char[1 << 16];
            for (int read; (read = process.StandardError.Read(buffer)) > 0;)
            {
                said.Append(buffer, 0, read);
                if (_first == 0 && said.ToString().Contains(" energy ", StringComparison.Ordinal))
                {
                    _first = clock.Elapsed.TotalSeconds;
                }

                _peak = Math.Max(_peak, ProcessFigures.PeakResidentOf(process.Id));
            }

            process.WaitForExit();
            _written.Add(clock.Elapsed.TotalSeconds);
            _ = output.Result;
            if (process.ExitCode != 0 || _first == 0)
            {
                throw new InvalidOperationException($"`generate` ended with exit code {process.ExitCode} and showed {(_first == 0 ? "no preview" : "a preview")}: {said.ToString().Trim().Split('\n')[^1]}");
            }
        }

        public override void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>This program, to be started again as another process.</summary>
internal static class OwnProgram
{
    public static ProcessStartInfo With(params string[] arguments)
    {
        var (host, own) = (Environment.ProcessPath!, typeof(OwnProgram).Assembly.Location);
        // What runs is the .NET host, or a program of its own that needs not be told which.
        var told = Path.GetFileNameWithoutExtension(host) != Path.GetFileNameWithoutExtension(own);
        return new ProcessStartInfo(host, told ? [own, .. arguments] : arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
    }
}
