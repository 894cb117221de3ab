using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Pagoda.Cli.Demonstrations;
using Pagoda.Evaluation;
using Pagoda.Evaluation.Alignment;
using Pagoda.Evaluation.Reports;
using Pagoda.Generation.Alignment;
using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Training;
using Pagoda.Training.Attacks;
using Pagoda.Training.Watch;

namespace Pagoda.Cli.Commands.Eval;

/// <summary><c>eval alignment</c>: whether CLIPs' gradients change in pictures what a person would change.</summary>
internal sealed class AlignmentCommand
{
    // Root mean square of the change over all pixels and channels, where no radius is given: plainly visible, and far beyond what robust training defends against.
    private const double VisibleChange = 0.1;
    private readonly MeasuredModels _models = new("alignment", 256);
    private readonly Option<string> _judge = new("--judge") { Description = "The CLIP that says what became of the pictures; none of those that are measured.", Required = true };
    private readonly Option<string?> _radius = new("--radius") { Description = $"How far pictures may be changed, in L2 over pixels of [0, 1]; by default so far that the root mean square is {VisibleChange.ToString(CultureInfo.InvariantCulture)}." };
    private readonly Option<int> _steps = new("--steps") { Description = "Steps of the change.", DefaultValueFactory = _ => 40 };

    public Command Build()
    {
        var command = new ExampleCommand(
            "alignment",
            "Measure whether CLIPs' gradients change in pictures what a person would change.",
            ("eval alignment --model plain=runs/plain clipag=runs/clipag emoji --judge runs/judge --emoji ../shared/data/emoji --out runs/alignment", "Three models; a fourth that had no part in it judges."),
            ("eval alignment --model clipag-vit-b-32 --judge openai-vit-b-32 --data photos", "Photographs in a subfolder a class, which have no masks: the judge's part alone."))
        {
            _judge, _radius, _steps,
        };
        _models.All.ToList().ForEach(command.Add);
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        var (steps, asked) = (parsed.GetValue(_steps), parsed.GetValue(_radius) is { } text ? MeasuredModels.Length("--radius", text) : (double?)null);
        if (steps < 1)
        {
            throw new UsageException("--steps is 1 or more");
        }

        var options = _models.Source(parsed);
        using var scope = new TensorScope();
        using var judge = _models.Load(parsed.GetRequiredValue(_judge), parsed);
        var all = new Dictionary<int, (WatchedPictures Pictures, GradientPictures? Scenes)>();
        return _models.Run(
            parsed,
            new { Judge = parsed.GetRequiredValue(_judge), JudgeHash = judge.Hash, Radius = parsed.GetValue(_radius), steps, options.Watch.Templates },
            clip =>
            {
                var size = clip.Model.Config.Vision.ImageSize;
                if (!all.TryGetValue(size, out var there))
                {
                    using var unowned = TensorScope.Unowned();
                    all[size] = there = (WatchedPictureSource.Choose(options, size), _models.Emoji(parsed) is { } emoji ? GradientPictures.Compose(emoji, _models.Count(parsed), size, _models.Seed(parsed)) : null);
                }

                var radius = asked ?? VisibleChange * Math.Sqrt(3.0 * size * size);
                return Plan(parsed, clip, judge, there.Pictures, there.Scenes, options.Watch.TemplateList(), new AttackOptions { Radius = radius, Steps = steps, StepSize = 2.5 * radius / steps });
            },
            cancel);
    }

    private MeasuredModels.Plan Plan(ParseResult parsed, LoadedClip clip, LoadedClip judge, WatchedPictures pictures, GradientPictures? scenes, IReadOnlyList<string> templates, AttackOptions change)
    {
        var seed = _models.Seed(parsed);
        var targets = TargetedChange.Targets(pictures.Labels, pictures.Classes.Count, seed);
        var settings = MeasuredModels.Settings(pictures, templates);
        settings["radius"] = change.Radius.ToString("0.######", CultureInfo.InvariantCulture);
        settings["steps"] = $"{change.Steps}";
        var target = new Protocol
        {
            Measure = "alignment-target", Network = judge.Name, Weights = judge.Hash, Reference = MeasuredModels.HashOf(pictures.Images, pictures.Labels.Select(label => (long)label).Concat(targets)), Samples = pictures.Labels.Length, Seed = seed, Settings = settings,
        };
        var (random, own) = (target with { Measure = "alignment-target-random" }, target with { Measure = "alignment-target-own", Network = null, Weights = null });
        var concentration = scenes is null ? null : new Protocol
        {
            Measure = "alignment-concentration", Captions = Protocol.HashOf(scenes.Captions), Reference = MeasuredModels.HashOf(scenes.Images, []), Samples = scenes.Captions.Count, Seed = seed, Settings = new(StringComparer.Ordinal) { ["size"] = settings["size"] },
        };
        var coarseness = concentration is null ? null : concentration with { Measure = "alignment-coarseness" };
        return new MeasuredModels.Plan([target, random, own, .. new[] { concentration, coarseness }.OfType<Protocol>()], (progress, cancel) =>
        {
            using var inner = new TensorScope();
            var (ofModel, ofJudge) = (MeasuredModels.Classes(clip, pictures, templates), MeasuredModels.Classes(judge, pictures, templates));
            var side = judge.Model.Config.Vision.ImageSize;
            var seen = TargetedChange.Of(
                x => clip.Model.EncodeImage(x).Matmul(ofModel.T()),
                x => judge.Model.EncodeImage(x.Size(-1) == side ? x : x.UpsampleBilinear2dAa([side, side], false)).Matmul(ofJudge.T()),
                pictures.Images.To(device: clip.Model.Device), pictures.Labels, targets, change, seed, _models.Batch(parsed), progress, cancel);
            var (warning, real) = (JudgeIndependence.WarningOf(JsonValue.Create(clip.Hash), judge.Name, judge.Hash), Bootstrap.Share(seen.Real, seed));
            var numbers = new List<Measurement>
            {
                Number(target, Bootstrap.Share(seen.Judged, seed)) with { Warning = warning, OnReal = real },
                Number(random, Bootstrap.Share(seen.Random, seed)) with { Note = $"chance is about {(1.0 / pictures.Classes.Count).ToString("0.###", CultureInfo.InvariantCulture)}" },
                Number(own, Bootstrap.Share(seen.Own, seed)),
            };
            if (scenes is not null)
            {
                cancel.ThrowIfCancellationRequested();
                var gradients = InputGradient.Of(clip.Model, scenes.Images.To(device: clip.Model.Device), clip.EncodeText(scenes.Captions)).To(device: Device.Cpu);
                var each = AlignmentScore.Each(gradients, scenes.Masks!);
                numbers.Add(Number(concentration!, Mean(each.Select(one => one.Concentration))));
                numbers.Add(Number(coarseness!, Mean(each.Select(one => one.Coarseness))));
            }

            return numbers;
        });

        Interval Mean(IEnumerable<double> values) => Bootstrap.Mean([.. values.Select(value => (IReadOnlyCollection<double>)[value])], seed);
        static Measurement Number(Protocol protocol, Interval score) => new() { Subject = "", Protocol = protocol, Score = score, Expected = protocol.Samples };
    }
}
