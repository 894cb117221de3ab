using System.CommandLine;
using Pagoda.Evaluation.Features;
using Pagoda.Evaluation.Frechet;
using Pagoda.Evaluation.Pictures;
using Pagoda.Evaluation.Reports;
using Pagoda.Evaluation.Sets;
using Pagoda.Torch;
using Pagoda.Torch.Distributed;

namespace Pagoda.Cli.Commands.Eval;

/// <summary><c>eval fid</c>: the distance of two sets, and nothing else.</summary>
internal sealed class FidCommand
{
    private readonly JudgeOptions _judges = new(new Option<string?>("--device") { Description = JudgeOptions.Devices });
    private readonly Argument<string> _first = new("pictures") { Description = "A folder, a .zip, tar shards, or an .npz of statistics." };
    private readonly Argument<string> _second = new("reference") { Description = "What they are compared with, likewise." };
    private readonly Option<double> _blur = new("--blur") { Description = "Blur both sides by a Gaussian of so many pixels: FID-k.", DefaultValueFactory = _ => 0 };
    private readonly Option<int> _resamples = new("--resamples") { Description = "0 leaves the interval out; it takes ten more eigendecompositions with Inception's 2048 features.", DefaultValueFactory = _ => 200 };

    public Command Build()
    {
        var command = new ExampleCommand(
            "fid",
            "Measure the Fréchet Inception distance of two sets of pictures.",
            ("eval fid samples photographs", "As pytorch-fid measures it."),
            ("eval fid samples.zip coco.npz --resizer clean-fid", "Against statistics, resized as clean-fid does."),
            ("eval fid samples scenes --features classifier:classifier.safetensors", "In the features of another network."))
        {
            _first, _second, _blur, _resamples, _judges.Json,
        };
        _judges.All.ToList().ForEach(command.Add);
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        var (first, second, output) = (parsed.GetRequiredValue(_first), parsed.GetRequiredValue(_second), parsed.InvocationConfiguration.Output);
        var measures = JudgeOptions.Distance(parsed.GetValue(_blur));
        IReadOnlyList<Measurement> rows;
        var launch = Launch.FromEnvironment();
        if (PictureStatistics.IsFile(first) && PictureStatistics.IsFile(second))
        {
            rows = [OfStatistics(first, second, measures[0])];
        }
        else
        {
            var devices = _judges.DevicesOf(parsed, launch);
            using var judges = _judges.Load(parsed, measures, devices, [], null, "");
            using var group = JudgeOptions.Group(launch, devices[0], parsed.InvocationConfiguration.Error);
            var error = launch.IsMain ? parsed.InvocationConfiguration.Error : TextWriter.Null;
            var options = new SetOptions { Measures = measures, Batch = _judges.Batch(parsed, devices), Resamples = Math.Max(0, parsed.GetValue(_resamples)), Cache = _judges.Cache(parsed), Group = group };
            // The distance is the same either way; pictures are what can be resampled.
            var (pictures, reference) = PictureStatistics.IsFile(first) ? (second, first) : (first, second);
            rows = new SetMeasuring(judges, options).Of(PictureSource.Open(pictures), new ReferenceSet(reference), error.WriteLine, JudgeOptions.Progress(error), cancel);
        }

        if (launch.IsMain)
        {
            var report = new MeasurementReport("fid", MeasurementReport.SettingsOf(new { Pictures = first, Reference = second }), rows);
            if (_judges.IsJson(parsed))
            {
                output.WriteLine(report.ToJson());
            }
            else
            {
                ReportTable.Write(report, output);
            }
        }

        return ExitCodes.Success;
    }

    private static Measurement OfStatistics(string first, string second, SetMeasure measure)
    {
        using var scope = new TensorScope();
        using var one = PictureStatistics.Read(first);
        using var other = PictureStatistics.Read(second);
        if (one.Origin is { } mine && other.Origin is { } theirs && (mine.Weights, mine.Resizer, mine.Blur) != (theirs.Weights, theirs.Resizer, theirs.Blur))
        {
            throw new InvalidDataException($"{first} has statistics of {mine.Network} (resizer {mine.Resizer}, blur {mine.Blur}) and {second} of {theirs.Network} (resizer {theirs.Resizer}, blur {theirs.Blur}), or of other weights; take both in the same way.");
        }

        if ((one.Origin ?? other.Origin)?.Blur is { } blur && blur != measure.Blur)
        {
            throw new UsageException(FormattableString.Invariant($"the statistics are of pictures blurred by {blur} pixels; say so with --blur {blur}"));
        }

        var fid = FidScore.Between(one.Moments, other.Moments);
        var origin = one.Origin ?? other.Origin;
        return new Measurement
        {
            Subject = first,
            Expected = one.Moments.Count ?? 0,
            Protocol = new Protocol { Measure = measure.Name, Network = origin?.Network, Weights = origin?.Weights, Resizer = origin?.Resizer, Blur = measure.Blur, Reference = other.Origin?.Content ?? Generation.Provenance.FileRecord.Of(second).Sha256, Samples = one.Moments.Count ?? 0 },
            Score = new Evaluation.Interval(fid.Value, double.NaN, double.NaN),
            LowerIsBetter = true,
            Warning = fid.Note,
            Note = one.Origin is null || other.Origin is null ? "statistics of another program do not say which network, resizer and blur made them" : null,
        };
    }
}
