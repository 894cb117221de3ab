using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Latents;
using Pagoda.Generation.Prompts;
using Pagoda.Generation.Recipes;

namespace Pagoda.Studio.Settings;

/// <summary>What a job is to paint: settings that <see cref="SettingList.Read"/> has checked. It does not change.</summary>
internal sealed class PaintSettings(JsonObject values)
{
    /// <summary>The settings as JSON, a copy.</summary>
    public JsonObject ToJson() => (JsonObject)values.DeepClone();

    /// <summary>The prompt; empty where only a picture is varied.</summary>
    public string Prompt => Text("prompt") ?? "";

    /// <summary>The model that was named.</summary>
    public string? Model => Text("model");

    /// <summary>The seed; 0 where none has been given.</summary>
    public ulong Seed => (ulong)(Number("seed") ?? 0);

    /// <summary>Pictures to paint.</summary>
    public int Count => Whole("count") ?? 1;

    /// <summary>The names of the critics, with weights; null where none were named.</summary>
    /// <exception cref="GenerationException">They are no such list.</exception>
    public IReadOnlyList<(string Name, double Weight)>? Critics => Text("critics") is { Length: > 0 } text ? Critic.ParseNames(text) : null;

    /// <summary>The stored pictures that it needs, by setting.</summary>
    public IEnumerable<(string Setting, string Id)> Pictures =>
        new[] { "image", "init", "mask" }.Select(name => (name, Text(name))).Where(pair => pair.Item2 is { Length: > 0 }).Select(pair => (pair.name, pair.Item2!));

    /// <summary>The same with another value; null takes it out.</summary>
    public PaintSettings With(string name, JsonNode? value)
    {
        var changed = ToJson();
        if (value is null)
        {
            changed.Remove(name);
        }
        else
        {
            changed[name] = value.DeepClone();
        }

        return new PaintSettings(changed);
    }

    /// <summary>What paints one picture of several alone.</summary>
    public PaintSettings Alone(ulong seed) => With("seed", JsonValue.Create(seed)).With("count", null);

    /// <summary>A value as people compare it.</summary>
    public string? Shown(string name) => values[name] is not { } value ? null : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();

    /// <summary>The request, complete.</summary>
    /// <param name="painter">The model.</param>
    /// <param name="critics">The critics, loaded; null for none named.</param>
    /// <param name="fileOf">The file of a stored picture.</param>
    /// <param name="load">Loads it.</param>
    /// <exception cref="GenerationException">The settings do not go together.</exception>
    public GenerationRequest ToRequest(Painter painter, IReadOnlyList<Critic>? critics, Func<string, string> fileOf, Func<string, Picture> load)
    {
        var terms = string.IsNullOrWhiteSpace(Prompt) ? [] : Pagoda.Generation.Prompts.Prompt.Parse(Prompt).Terms;
        IEnumerable<PromptTerm> varied = Text("image") is { Length: > 0 } image ? [new PromptTerm(fileOf(image) is { Length: > 0 } file ? file : image, IsPicture: true)] : [];
        var method = Text("method") is { } name ? NamedMethod.Find(name) : null;
        var options = new PaintOptions
        {
            Method = method,
            NegativePrompt = Text("negative"),
            Seed = Seed,
            Size = Whole("size"),
            Count = Count,
            Critics = critics,
            Recipe = Text("recipe") is { } recipe ? Recipe.Named(recipe) : null,
            Steps = Whole("steps"),
            LearningRate = Number("learningRate"),
            Views = Whole("views"),
            Patches = Whole("patches"),
            Start = Text("start") is { } start ? Enum.Parse<StartKind>(start, ignoreCase: true) : null,
            Init = Text("init") is { Length: > 0 } init ? load(fileOf(init)) : null,
            Mask = Text("mask") is { Length: > 0 } mask ? load(fileOf(mask)) : null,
            Strength = Number("strength") ?? 1,
            Draft = Truth("draft") ?? false,
            Refine = Truth("refine"),
            Latents = Whole("tile") is { } tile ? new LatentOptions { Tile = tile } : null,
        };
        return painter.Complete(new GenerationRequest(new Prompt([.. terms, .. varied]).ToString(), options with { ClipGen = ClipGenOf(painter), Strokes = StrokesOf(painter, options), Diffusion = DiffusionOf() }));
    }

    private Generation.ClipGen.ClipGenOptions? ClipGenOf(Painter painter)
    {
        var own = painter.Defaults.ClipGen;
        var asked = own with
        {
            Candidates = Whole("candidates") ?? own.Candidates,
            Beams = Whole("beams") ?? own.Beams,
            Modality = Number("modality") ?? own.Modality,
            Sampling = own.Sampling with
            {
                Temperature = Number("temperature") ?? own.Sampling.Temperature,
                TopK = Whole("topK") ?? own.Sampling.TopK,
                TopP = Number("topP") ?? own.Sampling.TopP,
                Guidance = Number("guidance") ?? own.Sampling.Guidance,
            },
        };
        return asked == own ? null : asked;
    }

    private Generation.Strokes.StrokeOptions? StrokesOf(Painter painter, PaintOptions options)
    {
        var own = painter.StrokesOf(options);
        var asked = own with
        {
            Count = Whole("strokes") ?? own.Count,
            Fill = Truth("fill") ?? own.Fill,
            Width = Number("strokeWidth") ?? own.Width,
            Palette = Text("palette")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? own.Palette,
            Background = Text("background") ?? own.Background,
            Prune = Number("prune") ?? own.Prune,
        };
        asked.Check();
        return asked == own ? null : asked;
    }

    private Generation.Diffusion.DiffusionOptions? DiffusionOf()
    {
        var own = new Generation.Diffusion.DiffusionOptions();
        var asked = own with { Strength = Number("guidanceStrength") ?? own.Strength, Eta = Number("eta") ?? own.Eta, Through = Truth("through") ?? own.Through };
        return asked == own ? null : asked;
    }

    private string? Text(string name) => values[name]?.GetValue<string>();

    private bool? Truth(string name) => values[name]?.GetValue<bool>();

    private double? Number(string name) => values[name] is { } value ? double.Parse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture) : null;

    private int? Whole(string name) => Number(name) is { } number ? (int)number : null;
}
