using System.CommandLine;
using System.Globalization;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands.Models;

/// <summary><c>models interpolate</c>: WiSE-FT.</summary>
internal static class InterpolateModels
{
    public static Command Build()
    {
        var start = new Argument<string>("start") { Description = "The model that training began with: a name, a folder or a file." };
        var tuned = new Argument<string>("tuned") { Description = "The model that came of it." };
        var target = new Argument<string>("out") { Description = "The folder to write; with --alphas, one folder each in it." };
        var alpha = new Option<double>("--alpha") { Description = "Share of the tuned weights, 0 to 1.", DefaultValueFactory = _ => 0.5 };
        var alphas = new Option<string?>("--alphas") { Description = "Several shares, such as 0,0.25,0.5,0.75,1." };
        var force = new Option<bool>("--force") { Description = "Replace models that are there." };
        var loading = new ModelOptions();
        var command = new ExampleCommand(
            "interpolate",
            "Write models between one and another that was trained from it (WiSE-FT): some of what tuning forgot comes back.",
            ("models interpolate openai-vit-b-32 runs/clipag between --alpha 0.5", "Half of each weight."),
            ("models interpolate openai-vit-b-32 runs/clipag between --alphas 0.25,0.5,0.75", "Three, as between/alpha-0.25 and so on."))
        {
            start, tuned, target, alpha, alphas, force,
        };
        loading.All.ToList().ForEach(command.Add);
        command.SetAction((parsed, cancel) => Task.Run(
            () =>
            {
                var several = parsed.GetValue(alphas);
                var shares = several is null ? [parsed.GetValue(alpha)] : Shares(several);
                var folder = parsed.GetRequiredValue(target);
                var folders = shares.Select(share => several is null ? folder : Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"alpha-{share:0.####}"))).ToList();
                Check(shares, folders, parsed.GetValue(force));
                using var begin = ClipLoader.Load(parsed.GetRequiredValue(start), Device.Cpu, loading.Of(parsed));
                using var end = ClipLoader.Load(parsed.GetRequiredValue(tuned), Device.Cpu, loading.Of(parsed));
                CheckPair(begin, end);
                foreach (var (share, into) in shares.Zip(folders))
                {
                    cancel.ThrowIfCancellationRequested();
                    using var scope = new TensorScope();
                    var between = WeightInterpolation.Between(begin.Model.Weights.StateDict, end.Model.Weights.StateDict, share);
                    var origin = new Dictionary<string, string> { ["interpolated"] = string.Create(CultureInfo.InvariantCulture, $"{share} from {begin.Hash} to {end.Hash}") };
                    ClipSaver.Save(into, end.Model, end.Tokenizer, average: between, metadata: origin);
                    parsed.InvocationConfiguration.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{into}: alpha {share:0.####}, {between.Count} tensors"));
                }
            },
            CancellationToken.None));
        return command;
    }

    private static double[] Shares(string text) =>
    [
        .. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(share =>
            double.TryParse(share, CultureInfo.InvariantCulture, out var value) ? value : throw new UsageException($"--alphas: {share} is no number; write them with commas between, such as 0,0.5,1")),
    ];

    private static void Check(double[] shares, List<string> folders, bool force)
    {
        if (shares.Length == 0 || shares.Any(share => share is not (>= 0 and <= 1)))
        {
            throw new UsageException($"alpha is {string.Join(", ", shares)}; give a share from 0 to 1");
        }

        if (!force && folders.Find(folder => File.Exists(Path.Combine(folder, "model.safetensors"))) is { } taken)
        {
            throw new UsageException($"{taken} has a model already; name another folder, or replace it with --force");
        }
    }

    private static void CheckPair(LoadedClip begin, LoadedClip end)
    {
        var size = begin.Tokenizer.VocabularySize;
        if (size != end.Tokenizer.VocabularySize || Enumerable.Range(0, size).Any(token => begin.Tokenizer.Decode([token]) != end.Tokenizer.Decode([token])))
        {
            throw new InvalidDataException($"{begin.Path} and {end.Path} have different vocabularies, so their text towers mean different words by the same numbers; name a model and one that was trained from it.");
        }
    }
}
