using System.Globalization;
using System.Text.Json;
using Pagoda.Formats.Images;
using Pagoda.Generation.Prompts;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Strokes;

namespace Pagoda.Generation.Provenance;

/// <summary>All that a picture was made from: enough to paint it again to the bit. It travels in the PNG file.</summary>
public sealed record PaintingRecord
{
    /// <summary>The keyword of the PNG text that holds the record as JSON.</summary>
    public const string Keyword = "pagoda";

    /// <summary>The keyword of the PNG text that other programs show (AUTOMATIC1111/stable-diffusion-webui: modules/processing.py, create_infotext).</summary>
    public const string ParametersKeyword = "parameters";

    /// <summary>The latest version of this form: 2 brought <see cref="ClipGen"/>, 3 <see cref="Strokes"/>, <see cref="Latents"/>, <see cref="Diffusion"/> and <see cref="Critics"/>.</summary>
    public const int LatestFormat = 3;

    /// <summary>The version of this form that a reader has to know.</summary>
    public int Format { get; init; } = 1;

    /// <summary>Pagoda's version.</summary>
    public required string Version { get; init; }

    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>SHA-256 of its weights.</summary>
    public required string ModelHash { get; init; }

    /// <summary>What the model was asked for by: a name or a path.</summary>
    public required string ModelSource { get; init; }

    /// <summary>The device that painted.</summary>
    public required string Device { get; init; }

    /// <summary>The libtorch that painted.</summary>
    public required string LibTorch { get; init; }

    /// <summary>Its threads.</summary>
    public required int Threads { get; init; }

    /// <summary>What was to be painted.</summary>
    public required string Prompt { get; init; }

    /// <summary>What was to be avoided.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>The picture's own seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Side of the painting.</summary>
    public required int Size { get; init; }

    /// <summary>Who guided or chose, where it was not the model alone.</summary>
    public IReadOnlyList<CriticRecord>? Critics { get; init; }

    /// <summary>What it was drawn with; null where it was not drawn with strokes.</summary>
    public StrokeOptions? Strokes { get; init; }

    /// <summary>The VQGAN whose codes it was painted with, and how; null where it was not.</summary>
    public LatentRecord? Latents { get; init; }

    /// <summary>The denoising network that it was made with, and how; null where it was not.</summary>
    public DiffusionRecord? Diffusion { get; init; }

    /// <summary>Whether CLIP-GEN's picture was what the brush started from.</summary>
    public bool Draft { get; init; }

    /// <summary>CLIP-GEN's part in it; null where it had none.</summary>
    public ClipGenRecord? ClipGen { get; init; }

    /// <summary>The recipe of painting in pixel space, or of refining CLIP-GEN's picture, with all that replaced its numbers; null where CLIP-GEN was all.</summary>
    public Recipe? Recipe { get; init; }

    /// <summary>The picture it started from.</summary>
    public FileRecord? Init { get; init; }

    /// <summary>How much of the start was to change.</summary>
    public double Strength { get; init; } = 1;

    /// <summary>Where the start was to change.</summary>
    public FileRecord? Mask { get; init; }

    /// <summary>Pictures in the prompts.</summary>
    public IReadOnlyList<FileRecord> PromptPictures { get; init; } = [];

    /// <summary>The steps after which it was ended early.</summary>
    public int? StoppedAfter { get; init; }

    /// <summary>Energy of the finished picture.</summary>
    public required double Energy { get; init; }

    /// <summary>How much the painting was enlarged for the file.</summary>
    public int Scale { get; init; } = 1;

    /// <summary>How it was enlarged.</summary>
    public Resampling? ScaleFilter { get; init; }

    /// <summary>The record as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RecipeJson.Options);

    /// <summary>Reads a record.</summary>
    /// <exception cref="GenerationException">It is damaged, or of a later Pagoda.</exception>
    public static PaintingRecord FromJson(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.TryGetProperty("format", out var format) && format.TryGetInt32(out var number) && number is < 1 or > LatestFormat)
            {
                throw new GenerationException($"The picture's record has format {number}, and this Pagoda reads formats up to {LatestFormat}; use a later Pagoda.");
            }

            var record = document.Deserialize<PaintingRecord>(RecipeJson.Options) ?? throw new JsonException("it is null");
            if (record is { Recipe: null, ClipGen: null })
            {
                throw new JsonException("it has neither a recipe nor CLIP-GEN's numbers");
            }

            record.Recipe?.Check();
            record.Strokes?.Check();
            record.Latents?.Options.Check();
            record.Diffusion?.Options.Check();
            record.ClipGen?.Options.Check();
            return record;
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            throw new GenerationException($"The picture's record is damaged: {problem.Message}", problem);
        }
    }

    /// <summary>The record in the picture's PNG file.</summary>
    /// <param name="png">The whole file.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="GenerationException">It has none, or a damaged one.</exception>
    /// <exception cref="PictureException">It is no PNG.</exception>
    public static PaintingRecord FromPng(ReadOnlySpan<byte> png, string name)
    {
        var text = PictureFile.ReadPngTexts(png, name).FirstOrDefault(text => text.Keyword == Keyword)
            ?? throw new GenerationException($"{name} has no record of how it was painted; only pictures that pagoda generate wrote have one, and programs that edit pictures drop it.");
        return FromJson(text.Text);
    }

    /// <summary>The texts for the PNG file: the parameters that other programs show, and the record.</summary>
    public IReadOnlyList<PngText> ToPngTexts() => [new(ParametersKeyword, ToParameters()), new(Keyword, ToJson())];

    /// <summary>The parameters in the form that picture browsers of the Stable Diffusion family read.</summary>
    public string ToParameters()
    {
        var negative = string.IsNullOrWhiteSpace(NegativePrompt) ? "" : $"\nNegative prompt: {OneLine(NegativePrompt)}";
        string[] sampler = [.. ClipGen is null ? [] : new[] { "clip-gen" }, .. Recipe is null ? [] : new[] { Recipe.Name }];
        var steps = StoppedAfter ?? Recipe?.Steps;
        var strength = Init is null ? "" : $", Denoising strength: {Strength.ToString(CultureInfo.InvariantCulture)}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{OneLine(Prompt)}{negative}\n{(steps is null ? "" : $"Steps: {steps}, ")}Sampler: {string.Join(" + ", sampler)}, Seed: {Seed}, Size: {Size}x{Size}, Model hash: {ModelHash[..Math.Min(10, ModelHash.Length)]}, Model: {Model}{strength}, Version: pagoda {Version}");
        static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
    }

    /// <summary>The request that paints it again.</summary>
    /// <param name="folder">The folder of the picture, where files that it was made with are looked for too.</param>
    /// <exception cref="GenerationException">A file that it was made with is gone or has changed.</exception>
    /// <exception cref="PictureException">A file that it was made with cannot be read.</exception>
    public GenerationRequest ToRequest(string folder)
    {
        foreach (var picture in PromptPictures)
        {
            // The prompt itself says the path, so the file has to be there.
            if (picture.Find(folder) != picture.Path)
            {
                throw new GenerationException($"The prompt names {picture.Path}, which is not there; put it back.");
            }
        }

        return new GenerationRequest(Prompt, new PaintOptions
        {
            NegativePrompt = NegativePrompt,
            Seed = Seed,
            Size = Size,
            Method = Strokes is not null ? PaintMethod.Strokes : Latents is not null ? PaintMethod.Latents : Diffusion is not null ? PaintMethod.Diffusion : ClipGen is null || Draft ? PaintMethod.Pixels : PaintMethod.ClipGen,
            Strokes = Strokes,
            Latents = Latents?.Options,
            Diffusion = Diffusion?.Options,
            ClipGen = ClipGen?.Options,
            Refine = ClipGen is not null && Recipe is not null && !Draft,
            Draft = Draft,
            Recipe = Recipe,
            Init = Init is null ? null : PictureFile.Load(Init.Find(folder)),
            Strength = Strength,
            Mask = Mask is null ? null : PictureFile.Load(Mask.Find(folder)),
            StopAfter = StoppedAfter,
            FrameEvery = int.MaxValue,
        });
    }

    /// <summary>The painting as it goes into the file.</summary>
    public Picture Enlarge(Picture painting) =>
        Scale == 1 ? painting : painting.Resize(painting.Width * Scale, painting.Height * Scale, ScaleFilter ?? Resampling.Lanczos);

    /// <summary>Records of the pictures that prompts name.</summary>
    internal static IReadOnlyList<FileRecord> Pictures(params string?[] prompts) =>
    [
        .. prompts.Where(prompt => !string.IsNullOrWhiteSpace(prompt)).SelectMany(prompt => Prompts.Prompt.Parse(prompt!).Terms)
            .Where(term => term.IsPicture).Select(term => term.Content).Distinct().Select(FileRecord.Of),
    ];
}
