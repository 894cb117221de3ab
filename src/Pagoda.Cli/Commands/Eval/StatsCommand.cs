using System.CommandLine;
using System.Globalization;
using Pagoda.Evaluation.Features;
using Pagoda.Evaluation.Pictures;
using Pagoda.Evaluation.Sets;
using Pagoda.Torch.Distributed;

namespace Pagoda.Cli.Commands.Eval;

/// <summary><c>eval stats</c>: statistics of pictures in a file, for later distances.</summary>
internal sealed class StatsCommand
{
    private readonly JudgeOptions _judges = new(new Option<string?>("--device") { Description = JudgeOptions.Devices });
    private readonly Argument<string> _pictures = new("pictures") { Description = "A folder, a .zip, or tar shards such as real/{000..009}.tar." };
    private readonly Argument<string> _file = new("file") { Description = "The .npz to write." };
    private readonly Option<double> _blur = new("--blur") { Description = "Blur the pictures by a Gaussian of so many pixels before, for FID-k.", DefaultValueFactory = _ => 0 };
    private readonly Option<bool> _rows = new("--with-features") { Description = "Keep each picture's features too, which kid, precision and recall need: 8 kB a picture with Inception." };
    private readonly Option<bool> _force = new("--force") { Description = "Replace a file that is there." };

    public Command Build()
    {
        var command = new ExampleCommand(
            "stats",
            "Take mean and covariance of pictures' features into an .npz that pytorch-fid and clean-fid read too.",
            ("eval stats photographs photographs.npz", "For eval fid samples photographs.npz, here or with pytorch-fid."),
            ("eval stats real/{000..009}.tar real.npz --blur 4 --resizer clean-fid", "For FID-4 against tar shards."))
        {
            _pictures, _file, _blur, _rows, _force,
        };
        _judges.All.ToList().ForEach(command.Add);
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        var (path, file, force) = (parsed.GetRequiredValue(_pictures), parsed.GetRequiredValue(_file), parsed.GetValue(_force));
        if (!PictureStatistics.IsFile(file))
        {
            throw new UsageException($"{file}: statistics are read again by their name; let it end in .npz");
        }

        if (File.Exists(file) && !force)
        {
            throw new UsageException($"{file} exists; name another, or replace it with --force");
        }

        var launch = Launch.FromEnvironment();
        var devices = _judges.DevicesOf(parsed, launch);
        var measures = JudgeOptions.Distance(parsed.GetValue(_blur));
        using var judges = _judges.Load(parsed, measures, devices, [], null, "");
        if (judges.Features[0].Count != 1)
        {
            throw new UsageException("--features: a file has the statistics of one network; name one");
        }

        using var group = JudgeOptions.Group(launch, devices[0], parsed.InvocationConfiguration.Error);
        var (output, error) = launch.IsMain ? (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error) : (TextWriter.Null, TextWriter.Null);
        var progress = JudgeOptions.Progress(error);
        var options = new SetOptions { Measures = measures, Batch = _judges.Batch(parsed, devices), Cache = _judges.Cache(parsed), Group = group };
        var lane = new FeatureLane(0, measures[0].Blur, Rows: parsed.GetValue(_rows));
        var found = new ReferenceSet(PicturesOnly(path)).Of(judges.Networks, [lane], options, error.WriteLine, (done, of) => progress("pictures", done, of), cancel);
        using var statistics = found[0];
        if (launch.IsMain)
        {
            (parsed.GetValue(_rows) ? statistics : statistics with { Rows = null }).Write(file, force);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file}: {statistics.Moments.Mean.Size(0)} features of {statistics.Moments.Count:N0} pictures by {statistics.Origin!.Network}, resizer {statistics.Origin.Resizer}, blur {statistics.Origin.Blur}"));
        }

        return ExitCodes.Success;
    }

    private static string PicturesOnly(string path) => PictureStatistics.IsFile(path)
        ? throw new UsageException($"{path} is a file of statistics already; name pictures") : path;
}
