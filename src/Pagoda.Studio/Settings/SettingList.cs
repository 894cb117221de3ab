using System.Text.Json.Nodes;
using Pagoda.Generation;
using Pagoda.Generation.ClipGen;
using Pagoda.Generation.Diffusion;
using Pagoda.Generation.Latents;
using Pagoda.Generation.Provenance;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Strokes;

namespace Pagoda.Studio.Settings;

/// <summary>All settings, with this server's limits.</summary>
internal sealed class SettingList
{
    /// <summary>The largest whole number that JavaScript keeps exactly.</summary>
    public const long LargestSeed = (1L << 53) - 1;

    private static readonly string[] s_guided = ["pixels", "draw", "vqgan", "diffusion"];
    private readonly Dictionary<string, Setting> _byName;

    /// <param name="limits">What may be asked for.</param>
    /// <param name="models">The models that can be named.</param>
    /// <param name="model">The one that is meant where none is named.</param>
    public SettingList(StudioLimits limits, IReadOnlyList<string> models, string model)
    {
        var (strokes, latents, diffusion) = (new StrokeOptions(), new LatentOptions(), new DiffusionOptions());
        All =
        [
            new("prompt", SettingType.String, "prompt", "Prompt", "What to paint. Parts with weights stand between bars: \"a cat:1 | oil painting:0.4\".") { Length = limits.PromptLength, Widget = "prompt" },
            new("negative", SettingType.String, "prompt", "Negative prompt", "What to stay away from.") { Length = limits.PromptLength },
            new("image", SettingType.String, "prompt", "Variations of", "A picture to paint variations of, with the prompt or in its place.") { Widget = "picture" },
            new("method", SettingType.String, "picture", "Method", $"How the picture comes into being: {string.Join("; ", NamedMethod.All.Select(method => $"{method.Name} ({method.After}) moves {method.Moves}"))}. What is best with the model where none is named.") { Choices = [.. NamedMethod.All.Select(method => method.Name)] },
            new("model", SettingType.String, "picture", "Model", "The CLIP that paints.") { Choices = models, Default = model },
            new("critics", SettingType.String, "picture", "Critics", "The CLIPs that guide, or choose among CLIP-GEN's candidates, as NAME[:WEIGHT],…; the model alone where none is named.") { Length = 500, Widget = "critics" },
            new("seed", SettingType.Integer, "picture", "Seed", "The randomness: the same seed gives the same picture. Drawn where it is left out.") { Least = 0, Most = LargestSeed },
            new("size", SettingType.Integer, "picture", "Size", "Side of the picture in pixels; the model's own where it is left out.") { Least = 8, Most = limits.Size },
            new("steps", SettingType.Integer, "picture", "Steps", "Gradient steps; the recipe's where they are left out.") { Least = 1, Most = limits.Steps, Methods = s_guided },
            new("count", SettingType.Integer, "picture", "Pictures", "Pictures to paint, with seeds that follow one another.") { Least = 1, Most = limits.Count, Default = 1 },
            new("init", SettingType.String, "start", "Start picture", "A picture to start from: its largest square in the middle.") { Widget = "picture", Methods = s_guided },
            new("strength", SettingType.Number, "start", "Strength", "How much of the steps to take over the start picture or what is refined.") { Above = 0, Most = 1, Default = 1 },
            new("mask", SettingType.String, "start", "Mask", "Where to paint over the start picture: white is painted, black stays.") { Widget = "mask", Methods = ["pixels"] },
            new("draft", SettingType.Boolean, "start", "Begin with a draft", "Start from CLIP-GEN's picture of the prompt.") { Methods = s_guided, Default = false },
            new("recipe", SettingType.String, "painting", "Recipe", "The numbers to paint by; the model's own where none is named.") { Choices = [.. Recipe.All.Select(recipe => recipe.Name)], Methods = s_guided },
            new("start", SettingType.String, "painting", "Begin from", "What a painting begins from without a start picture.") { Choices = ["bank", "noise", "grey"], Methods = s_guided },
            new("learningRate", SettingType.Number, "painting", "Step size", "AdamW's rate, or the length of a step.") { Above = 0, Most = 1e5, Methods = s_guided },
            new("views", SettingType.Integer, "painting", "Views", "Views of the whole picture in each step.") { Least = 1, Most = 256, Methods = s_guided },
            new("patches", SettingType.Integer, "painting", "Patches", "Patches of the picture in each step.") { Least = 0, Most = 256, Methods = s_guided },
            new("refine", SettingType.Boolean, "clip-gen", "Refine", "Paint over CLIP-GEN's picture along the model's gradient.") { Methods = ["clip-gen"] },
            new("candidates", SettingType.Integer, "clip-gen", "Candidates", "Pictures drawn for each, of which the best match is given.") { Least = 1, Most = 256, Methods = ["clip-gen"] },
            new("temperature", SettingType.Number, "clip-gen", "Temperature", "Below 1 likely tokens become likelier; 0 always takes the likeliest.") { Least = 0, Most = 100, Methods = ["clip-gen"] },
            new("topK", SettingType.Integer, "clip-gen", "Top k", "Draw among so many of the likeliest tokens; 0 for all.") { Least = 0, Most = 1_000_000, Methods = ["clip-gen"] },
            new("topP", SettingType.Number, "clip-gen", "Top p", "Draw among the likeliest tokens that have this probability together.") { Above = 0, Most = 1, Methods = ["clip-gen"] },
            new("guidance", SettingType.Number, "clip-gen", "Guidance", "Classifier-free guidance; 1 is none, more follows the prompt more closely.") { Least = 0, Most = 100, Methods = ["clip-gen"] },
            new("beams", SettingType.Integer, "clip-gen", "Beams", "Search the so many likeliest pictures instead of drawing; 0 draws.") { Least = 0, Most = 64, Methods = ["clip-gen"] },
            new("modality", SettingType.Number, "clip-gen", "Modality shift", "How far words' embeddings are moved towards pictures': 0 not, 1 all the way.") { Least = -10, Most = 10, Methods = ["clip-gen"] },
            new("strokes", SettingType.Integer, "draw", "Strokes", "How many strokes.") { Least = 1, Most = 4096, Default = strokes.Count, Methods = ["draw"] },
            new("fill", SettingType.Boolean, "draw", "Filled areas", "Filled areas in place of lines.") { Default = false, Methods = ["draw"] },
            new("strokeWidth", SettingType.Number, "draw", "Stroke width", "Width of lines at the start, in 224ths of the picture's side.") { Least = 1, Most = 50, Methods = ["draw"] },
            new("palette", SettingType.String, "draw", "Palette", "The colours to use, as #rrggbb,#rrggbb,…; any where none is named.") { Length = 1000, Widget = "colors", Methods = ["draw"] },
            new("background", SettingType.String, "draw", "Background", "What is behind the strokes: #rrggbb, or free to have it painted too.") { Length = 20, Default = strokes.Background, Methods = ["draw"] },
            new("prune", SettingType.Number, "draw", "Prune", "Leave out strokes in the end as long as pixels change by no more than this, of 1, in the mean.") { Least = 0, Most = 1, Methods = ["draw"] },
            new("tile", SettingType.Integer, "vqgan", "Tile", "Side in pixels of the parts that a large picture is worked on in; 0 for all at once.") { Least = 0, Most = 8192, Default = latents.Tile, Methods = ["vqgan"] },
            new("guidanceStrength", SettingType.Number, "diffusion", "Guidance strength", "How strongly critics steer; 0 not at all.") { Least = 0, Most = 1000, Default = diffusion.Strength, Methods = ["diffusion"] },
            new("eta", SettingType.Number, "diffusion", "Eta", "Noise of each step, from 0 (DDIM) to 1 (DDPM).") { Least = 0, Most = 1, Default = diffusion.Eta, Methods = ["diffusion"] },
            new("through", SettingType.Boolean, "diffusion", "Gradient through the network", "Let the gradient go back through the denoising network.") { Default = false, Methods = ["diffusion"] },
        ];
        _byName = All.ToDictionary(setting => setting.Name);
    }

    /// <summary>All of them, in the order of the page.</summary>
    public IReadOnlyList<Setting> All { get; }

    /// <summary>The setting of a name, or null.</summary>
    public Setting? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Reads settings: each is checked by itself; what is null counts as left out.</summary>
    /// <param name="given">A JSON object.</param>
    /// <param name="partial">Whether a prompt may be missing, as in presets.</param>
    /// <exception cref="ApiException">A name is unknown, a value is of another type or out of range, or there is nothing to paint.</exception>
    public PaintSettings Read(JsonNode? given, bool partial = false)
    {
        var settings = new JsonObject();
        foreach (var (name, value) in given as JsonObject ?? throw ApiException.Invalid("The settings are no JSON object; send {\"prompt\": \"a red apple\"}."))
        {
            var setting = Find(name) ?? throw ApiException.Invalid(Unknown(name), name);
            if (value is not null)
            {
                settings[name] = setting.Check(value);
            }
        }

        if (!partial && string.IsNullOrWhiteSpace((string?)settings["prompt"]) && settings["image"] is null)
        {
            throw ApiException.Invalid("The prompt is empty; say what to paint.", "prompt");
        }

        return new PaintSettings(settings);
    }

    /// <summary>What of settings can be used here: values that another server allowed, or knew, are left out.</summary>
    public PaintSettings Known(JsonObject given)
    {
        var settings = new JsonObject();
        foreach (var (name, value) in given)
        {
            try
            {
                settings[name] = value is null ? null : Find(name)?.Check(value);
            }
            catch (ApiException)
            {
                // Left out.
            }
        }

        return Read(settings, partial: true);
    }

    /// <summary>The settings that paint a picture's record again, as far as settings can say it: a picture that the command line made.</summary>
    public JsonObject Of(PaintingRecord record)
    {
        var request = record with { Init = null, Mask = null, PromptPictures = [] };
        var settings = new JsonObject
        {
            ["prompt"] = record.PromptPictures.Count == 0 ? record.Prompt : null,
            ["negative"] = record.NegativePrompt,
            ["method"] = NamedMethod.NameOf(request.ToRequest(".").Method!.Value),
            ["model"] = record.Model,
            ["seed"] = record.Seed <= LargestSeed ? (long)record.Seed : null,
            ["size"] = record.ClipGen is null || record.Recipe is not null ? record.Size : null,
            ["critics"] = record.Critics is null ? null : string.Join(", ", record.Critics.Select(critic => FormattableString.Invariant($"{Path.GetFileNameWithoutExtension(critic.Source)}:{critic.Weight}"))),
            ["draft"] = record.Draft ? true : null,
            ["refine"] = record is { ClipGen: not null, Recipe: not null, Draft: false } ? true : null,
            ["strength"] = record.Strength == 1 ? null : record.Strength,
        };
        if (record.Recipe is { } recipe)
        {
            (settings["steps"], settings["views"], settings["patches"], settings["learningRate"]) = (recipe.Steps, recipe.Views, recipe.Patches, recipe.LearningRate);
        }

        if (record.ClipGen?.Options is { } drawn)
        {
            (settings["candidates"], settings["beams"], settings["modality"], settings["temperature"]) = (drawn.Candidates, drawn.Beams, drawn.Modality, drawn.Sampling.Temperature);
            (settings["topK"], settings["topP"], settings["guidance"]) = (drawn.Sampling.TopK, drawn.Sampling.TopP, drawn.Sampling.Guidance);
        }

        if (record.Strokes is { } strokes)
        {
            (settings["strokes"], settings["fill"], settings["strokeWidth"], settings["background"], settings["prune"]) = (strokes.Count, strokes.Fill, strokes.Width, strokes.Background, strokes.Prune);
            settings["palette"] = strokes.Palette.Count == 0 ? null : string.Join(",", strokes.Palette);
        }

        if (record.Diffusion?.Options is { } diffusion)
        {
            (settings["guidanceStrength"], settings["eta"], settings["through"]) = (diffusion.Strength, diffusion.Eta, diffusion.Through);
        }

        if (record.Latents is { } latents)
        {
            settings["tile"] = latents.Options.Tile;
        }

        return settings;
    }

    private string Unknown(string name)
    {
        var shown = name.Length > 40 ? $"{name[..40]}…" : name;
        return Models.Catalogue.Spelling.Nearest(name, _byName.Keys) is { } near
            ? $"There is no setting {shown}; did you mean {near}?"
            : $"There is no setting {shown}; /openapi.json names them all.";
    }

    /// <summary>The schema of all settings.</summary>
    public JsonObject ToSchema()
    {
        var properties = new JsonObject();
        foreach (var setting in All)
        {
            properties[setting.Name] = setting.ToSchema();
        }

        return new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
    }
}
