using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Catalogue;
using Pagoda.Torch;

namespace Pagoda.Models.Gpt;

/// <summary>What <see cref="GptLoader"/> is told beside the weights.</summary>
public sealed record GptLoadOptions
{
    /// <summary>Attention heads, which no published checkpoint records; null for the configuration's, or one for every 64 channels.</summary>
    public int? Heads { get; init; }

    /// <summary>The type to hold weights in.</summary>
    public ScalarType Type { get; init; } = ScalarType.Float32;

    /// <summary>Whether the weights will be written to; if not, they may stay in the mapped file.</summary>
    public bool ForTraining { get; init; }
}

/// <summary>
/// Loads transformers over picture tokens: Pagoda's folders, CLIP-GEN's published <c>.pt</c>, and the training checkpoints
/// of taming-transformers.
/// </summary>
public static class GptLoader
{
    /// <summary>Loads a model.</summary>
    /// <param name="nameOrPath">A folder, a file, or a name: of a folder in <c>models/</c>, or of the catalogue.</param>
    /// <param name="device">Where the weights shall live.</param>
    /// <param name="options">What the files do not say.</param>
    /// <exception cref="FileNotFoundException">Nothing is there, or it was not pulled yet; the message says what to do.</exception>
    /// <exception cref="InvalidDataException">It is no such transformer; the message says what it seems to be.</exception>
    /// <exception cref="CheckpointException">The weights cannot be read.</exception>
    public static LoadedGpt Load(string nameOrPath, Device device, GptLoadOptions? options = null)
    {
        options ??= new GptLoadOptions();
        var location = ModelLocation.Find(nameOrPath, "gpt");
        var archive = CheckpointFile.Open(FileOf(location));
        var checkpoint = new ArchiveWeights(archive, mapped: device.Type == DeviceType.Cpu && !options.ForTraining);
        GptModel? model = null;
        try
        {
            var named = Named(checkpoint);
            var weights = Weights.Load(named, device, options.Type);
            model = new GptModel(weights, FindConfig(location, archive.Path, named, GptNames.Unmasked(checkpoint), options.Heads));
            weights.ThrowIfUnexpected();
            return new LoadedGpt(model, location.Name, archive.Path, checkpoint);
        }
        catch
        {
            model?.Free();
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Builds a model over a checkpoint without a configuration.</summary>
    /// <param name="source">The checkpoint, under CLIP-GEN's or taming-transformers' names.</param>
    /// <param name="device">Where the weights shall live.</param>
    /// <param name="adjust">Changes what was inferred from names and shapes, which show neither heads nor, without masks, unmasked positions.</param>
    /// <exception cref="InvalidDataException">It is no such transformer.</exception>
    /// <exception cref="ArgumentException">The adjusted shape is none.</exception>
    public static GptModel Build(IWeightSource source, Device device, Func<GptConfig, GptConfig>? adjust = null)
    {
        var named = Named(source);
        var weights = Weights.Load(named, device);
        var inferred = Infer(source.Description, named, GptNames.Unmasked(source), adjust is null ? null : 1);
        var model = new GptModel(weights, adjust?.Invoke(inferred) ?? inferred);
        weights.ThrowIfUnexpected();
        return model;
    }

    private static IWeightSource Named(IWeightSource checkpoint) => GptNames.Unify(checkpoint)
        ?? throw new InvalidDataException($"{checkpoint.Description} holds no transformer over picture tokens (no tok_emb with pos_emb): {GptNames.Describe(checkpoint)}.");

    private static string FileOf(ModelLocation location)
    {
        if (!Directory.Exists(location.Path))
        {
            return location.Path;
        }

        var file = Path.Combine(location.Path, GptSaver.FileName);
        return File.Exists(file) ? file : throw new FileNotFoundException($"The folder {location.Path} has no transformer: there is no {GptSaver.FileName} in it.");
    }

    private static GptConfig FindConfig(ModelLocation location, string path, IWeightSource weights, int unmasked, int? heads)
    {
        var file = Path.Combine(location.Folder, "config.json");
        var written = Path.GetFileName(path) == GptSaver.FileName && File.Exists(file) ? GptConfigFile.Read(file) : null;
        var config = written ?? Infer(path, weights, unmasked, heads);
        return heads is { } given ? CheckHeads(config, given) : config;
    }

    private static GptConfig Infer(string path, IWeightSource weights, int unmasked, int? heads)
    {
        if (weights.Shape("tok_emb.weight") is not [var vocabulary, var width] || weights.Shape("pos_emb") is not [1, var positions, var other] || other != width)
        {
            throw new InvalidDataException($"{path}: tok_emb.weight and pos_emb do not have the shapes of a transformer over picture tokens.");
        }

        var layers = 0;
        while (weights.Shape($"blocks.{layers}.encoder.norm1.weight") is not null)
        {
            layers++;
        }

        if (layers == 0)
        {
            throw new InvalidDataException($"{path} has tables for a transformer over picture tokens, but no blocks that Pagoda knows.");
        }

        if (heads is null && width % 64 != 0)
        {
            throw new InvalidDataException($"{path} does not say how many attention heads it has, and its width of {width} is no multiple of the usual 64: give --heads.");
        }

        return new GptConfig
        {
            Layers = layers,
            Width = (int)width,
            Heads = heads ?? (int)(width / 64),
            VocabularySize = (int)vocabulary,
            BlockSize = (int)positions,
            ConditionWidth = weights.Shape("cond_proj.weight") is [_, var condition] ? (int)condition : 0,
            HeadBias = weights.Shape("head.bias") is not null,
            Unmasked = unmasked,
        };
    }

    private static GptConfig CheckHeads(GptConfig config, int heads) =>
        heads > 0 && config.Width % heads == 0 ? config with { Heads = heads } : throw new ArgumentException($"{heads} heads do not divide a width of {config.Width}.");
}
