using System.CommandLine;
using System.Globalization;
using Pagoda.Evaluation.Reports;
using Pagoda.Evaluation.Robustness;
using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Training;
using Pagoda.Training.Attacks;
using Pagoda.Training.Watch;

namespace Pagoda.Cli.Commands.Eval;

/// <summary><c>eval robust</c>: zero-shot accuracy of CLIPs as pictures are, and under attacks.</summary>
internal sealed class RobustCommand
{
    private readonly MeasuredModels _models = new("robust", 500);
    private readonly Option<string> _norm = new("--norm") { Description = "How far apart pictures are: l2 or linf.", DefaultValueFactory = _ => "l2" };
    private readonly Option<string> _radius = new("--radius") { Description = "How far attacks may go, in pixels of [0, 1]; 4/255 is a number too.", Required = true };
    private readonly Option<int> _steps = new("--steps") { Description = "Steps of the plain attack.", DefaultValueFactory = _ => 20 };
    private readonly Option<int> _restarts = new("--restarts") { Description = "How often the strong attack begins anew.", DefaultValueFactory = _ => new StrongAttack().Restarts };
    private readonly Option<int> _strongSteps = new("--strong-steps") { Description = "Steps of each.", DefaultValueFactory = _ => new StrongAttack().Steps };

    public Command Build()
    {
        var command = new ExampleCommand(
            "robust",
            "Measure how many pictures CLIPs sort rightly, as they are and when attacks move them.",
            ("eval robust --model plain=runs/plain clipag=runs/clipag emoji --emoji ../shared/data/emoji --radius 1 --out runs/robust", "Three models side by side; the same command goes on after the last that was finished."),
            ("eval robust --model clipag-vit-b-32 --data photos --norm linf --radius 4/255", "Pictures in a subfolder a class."))
        {
            _norm, _radius, _steps, _restarts, _strongSteps,
        };
        _models.All.ToList().ForEach(command.Add);
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        var norm = parsed.GetRequiredValue(_norm) switch { "l2" => AttackNorm.L2, "linf" => AttackNorm.LInfinity, var other => throw new UsageException($"--norm {other} is not known; write l2 or linf") };
        var (radius, steps) = (MeasuredModels.Length("--radius", parsed.GetRequiredValue(_radius)), parsed.GetValue(_steps));
        var strong = new StrongAttack { Restarts = parsed.GetValue(_restarts), Steps = parsed.GetValue(_strongSteps) };
        if (steps < 1 || strong.Restarts < 1 || strong.Steps < 1)
        {
            throw new UsageException("--steps, --restarts and --strong-steps are 1 or more");
        }

        // 2.5 times the radius over the steps lets it reach the edge and walk along it (MadryLab/robustness).
        var attack = new AttackOptions { Norm = norm, Radius = radius, Steps = steps, StepSize = 2.5 * radius / steps };
        var options = _models.Source(parsed);
        var all = new Dictionary<int, WatchedPictures>();
        try
        {
            return _models.Run(
                parsed,
                new { Norm = parsed.GetRequiredValue(_norm), Radius = parsed.GetRequiredValue(_radius), steps, strong.Restarts, StrongSteps = strong.Steps, options.Watch.Templates },
                clip => Plan(parsed, clip, Pictures(clip.Model.Config.Vision.ImageSize), options.Watch.TemplateList(), attack, strong),
                cancel);
        }
        finally
        {
            all.Values.ToList().ForEach(pictures => pictures.Dispose());
        }

        WatchedPictures Pictures(int size) => all.TryGetValue(size, out var there) ? there : all[size] = WatchedPictureSource.Choose(options, size);
    }

    private MeasuredModels.Plan Plan(ParseResult parsed, LoadedClip clip, WatchedPictures pictures, IReadOnlyList<string> templates, AttackOptions attack, StrongAttack strong)
    {
        var seed = _models.Seed(parsed);
        var clean = new Protocol
        {
            Measure = "accuracy", Reference = MeasuredModels.HashOf(pictures.Images, pictures.Labels.Select(label => (long)label)), Samples = pictures.Labels.Length, Seed = seed, Settings = MeasuredModels.Settings(pictures, templates),
        };
        (string, string)[] moved = [("norm", parsed.GetRequiredValue(_norm)), ("radius", attack.Radius.ToString("0.######", CultureInfo.InvariantCulture)), ("steps", $"{attack.Steps}")];
        var plain = With(clean with { Measure = "accuracy-pgd" }, moved);
        // Survivors of the strong attack are survivors of the plain one too.
        var hard = With(clean with { Measure = "accuracy-strong" }, [.. moved, ("restarts", $"{strong.Restarts}"), ("strong-steps", $"{strong.Steps}")]);
        return new MeasuredModels.Plan([clean, plain, hard], (progress, cancel) =>
        {
            using var scope = new TensorScope();
            var (model, classes) = (clip.Model, MeasuredModels.Classes(clip, pictures, templates));
            var scale = model.LogitScale.Detach().Exp();
            var labels = Tensor.From(Array.ConvertAll(pictures.Labels, label => (long)label)).To(device: model.Device);
            var found = RobustAccuracy.Of(x => scale * model.EncodeImage(x).Matmul(classes.T()), pictures.Images.To(device: model.Device), labels, attack, strong, seed, _models.Batch(parsed), progress, cancel);
            return [Number(clean, found.Clean), Number(plain, found.Attacked), Number(hard, found.Strong)];
        });

        static Protocol With(Protocol protocol, (string Name, string Value)[] settings) => protocol with { Settings = new(protocol.Settings.Concat(settings.Select(one => KeyValuePair.Create(one.Name, one.Value))).ToDictionary(), StringComparer.Ordinal) };
        static Measurement Number(Protocol protocol, Pagoda.Evaluation.Interval score) => new() { Subject = "", Protocol = protocol, Score = score, Expected = protocol.Samples };
    }
}
