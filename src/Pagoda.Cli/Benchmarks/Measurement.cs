using System.Diagnostics;
using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>Seconds of several repetitions.</summary>
internal sealed record Spread(double Median, double Min, double Max)
{
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        var middle = sorted.Length / 2;
        return new Spread(sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2, sorted[0], sorted[^1]);
    }

    public static Spread operator /(Spread spread, double by) => new(spread.Median / by, spread.Min / by, spread.Max / by);
}

/// <summary>How PyTorch did beside ours.</summary>
/// <param name="Form">Which way of writing it.</param>
/// <param name="Seconds">Its seconds.</param>
/// <param name="Ratio">Its seconds over ours, pair by pair: above 1 ours is faster.</param>
/// <param name="Ratios">The same for every pair, in order.</param>
internal sealed record PythonResult(string Form, Spread Seconds, Spread Ratio, IReadOnlyList<double> Ratios);

/// <summary>How often a step is repeated.</summary>
/// <param name="Least">At least so often, unless that takes too long.</param>
/// <param name="Most">At most so often.</param>
/// <param name="Enough">Seconds after which the least is enough.</param>
/// <param name="TooLong">Seconds after which what there is must do.</param>
internal sealed record Repetitions(int Least, int Most, double Enough, double TooLong)
{
    /// <summary>What keeps all benchmarks together under ten minutes.</summary>
    public static Repetitions Usual { get; } = new(3, 7, 12, 40);

    /// <summary>For a run that has taken long already, on a slow or busy machine.</summary>
    public static Repetitions Hurried { get; } = new(2, 5, 3, 8);

    public static Repetitions Exactly(int count) => new(count, count, 0, double.PositiveInfinity);

    public bool GoesOn(int done, double seconds) => done < 1 || (done < Least && seconds < TooLong) || (done < Most && seconds < Enough);
}

/// <summary>What was measured of a workload; seconds are of one step, or of one call when a step is many.</summary>
internal sealed record Measurement
{
    public required Spread Seconds { get; init; }

    /// <summary>The first step, which also loads kernels and finds memory.</summary>
    public required double FirstSeconds { get; init; }

    /// <summary>The most that was resident, weights and inputs too.</summary>
    public required long PeakResidentBytes { get; init; }

    /// <summary>Pages that the system had to map in a step: memory that was given back and asked for again.</summary>
    public required double PageFaults { get; init; }

    /// <summary>Tensors of this process before the steps; null when they happen in another one.</summary>
    public long? LiveTensorsBefore { get; init; }

    public long? LiveTensorsAfter { get; init; }

    public required int Repeats { get; init; }

    /// <summary>Operations a second of matrix products between the repetitions, the median: the machine's rate at that time. Null where operations are not what counts.</summary>
    public double? GemmPerSecond { get; init; }

    public IReadOnlyList<PythonResult>? Python { get; init; }

    /// <summary>Seconds of a first step after which a second to warm up would only take time.</summary>
    private const double SlowWarmUp = 2;

    /// <summary>Runs a workload, in turn with PyTorch programs when there are any.</summary>
    /// <param name="workload">What is measured.</param>
    /// <param name="repetitions">How often.</param>
    /// <param name="twins">The PyTorch programs.</param>
    /// <param name="gemm">Measures the rate of matrix products, or null.</param>
    /// <param name="cancel">Ends it after the step under way.</param>
    public static Measurement Of(Workload workload, Repetitions repetitions, IReadOnlyList<PythonTwin> twins, Func<double>? gemm, CancellationToken cancel)
    {
        var first = Time(workload.WarmUp);
        if (first < SlowWarmUp)
        {
            workload.WarmUp();
        }

        var live = LibTorch.LiveTensors;
        var faults = 0L;
        var ours = new List<double>();
        var rates = new List<double>();
        var theirs = twins.Select(_ => new List<double>()).ToArray();
        var spent = 0.0;
        for (var i = 0; repetitions.GoesOn(i, spent); i++)
        {
            cancel.ThrowIfCancellationRequested();
            // Who goes first alternates, so that a load that comes or goes favours nobody.
            if (i % 2 == 1)
            {
                Ask();
            }

            if (gemm is not null)
            {
                rates.Add(gemm());
            }

            var before = ProcessFigures.PageFaults;
            var seconds = Time(workload.Step);
            ours.Add(workload.OwnSeconds ?? seconds);
            faults += ProcessFigures.PageFaults - before;
            spent += seconds + Time(workload.Compare);
            if (i % 2 == 0)
            {
                Ask();
            }
        }

        return new Measurement
        {
            Seconds = Spread.Of(ours) / workload.Calls,
            FirstSeconds = first,
            PeakResidentBytes = workload.OtherProcessPeak ?? ProcessFigures.PeakResident,
            PageFaults = (double)faults / ours.Count,
            LiveTensorsBefore = workload.OtherProcessPeak is null ? live : null,
            LiveTensorsAfter = workload.OtherProcessPeak is null ? LibTorch.LiveTensors : null,
            Repeats = ours.Count,
            GemmPerSecond = rates.Count == 0 ? null : Spread.Of(rates).Median,
            Python = twins.Count == 0 ? null : [.. twins.Select((twin, t) => Compare(twin.Form, theirs[t]))],
        };

        void Ask()
        {
            for (var t = 0; t < twins.Count; t++)
            {
                theirs[t].Add(twins[t].Step());
            }
        }

        PythonResult Compare(string form, List<double> seconds)
        {
            double[] ratios = [.. seconds.Zip(ours, (their, our) => their / our)];
            return new PythonResult(form, Spread.Of(seconds) / workload.Calls, Spread.Of(ratios), ratios);
        }
    }

    private static double Time(Action step)
    {
        var start = Stopwatch.GetTimestamp();
        step();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
