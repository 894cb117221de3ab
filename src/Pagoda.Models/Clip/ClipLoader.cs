using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Catalogue;
using Pagoda.Models.Clip.Configs;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>
/// Loads CLIP models: folders of Pagoda, open_clip and Hugging Face; single files (safetensors, OpenAI's TorchScript
/// archives, PyTorch checkpoints, training checkpoints); and names of shipped or pulled models.
/// </summary>
public static class ClipLoader
{
    /// <summary>Loads a model.</summary>
    /// <param name="nameOrPath">A folder, a file, or a name: of a folder in <c>models/</c>, or of the catalogue.</param>
    /// <param name="device">Where the weights shall live; on the best device at hand where null.</param>
    /// <param name="options">What the files do not say.</param>
    /// <exception cref="FileNotFoundException">Nothing is there, or it was not pulled yet; the message says what to do.</exception>
    /// <exception cref="InvalidDataException">It is no CLIP model, or something about it is left open.</exception>
    /// <exception cref="CheckpointException">The weights cannot be read.</exception>
    /// <exception cref="ArgumentException">The architecture in the options is not known.</exception>
    public static LoadedClip Load(string nameOrPath, Device? device, ClipLoadOptions? options = null)
    {
        options ??= new ClipLoadOptions();
        var location = ModelLocation.Find(nameOrPath, "clip");
        var archive = CheckpointFile.Open(location.Path);
        try
        {
            // All that needs no tensors first: libtorch may still be loading, which the question for a device waits for.
            var config = FindConfig(location, archive, ClipNames.Unify(new ArchiveWeights(archive)), options);
            if (options.ImageSize is { } size)
            {
                config = config with { Vision = config.Vision with { ImageSize = CheckSize(size, config.Vision) } };
            }

            var tokenizer = FindTokenizer(location, config.Text, options.Tokenizer);
            var place = device ?? LibTorch.DefaultDevice;
            var checkpoint = new ArchiveWeights(archive, mapped: place.Type == DeviceType.Cpu && !options.ForTraining);
            var weights = Weights.Load(ResizedPositions.Fit(ClipNames.Unify(checkpoint), config.Vision), place, options.Type);
            var model = new ClipModel(weights, config);
            foreach (var fact in OpenAiArchive.Facts)
            {
                weights.Ignore(fact);
            }

            weights.ThrowIfUnexpected();
            return new LoadedClip(model, tokenizer, location.Name, archive.Path, checkpoint);
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    private static ClipConfig FindConfig(ModelLocation location, ITensorArchive archive, IWeightSource weights, ClipLoadOptions options)
    {
        var file = ClipConfigFile.FindIn(location.Folder);
        ClipConfig config;
        bool? quick;
        if (options.Architecture is { } name)
        {
            config = ClipPresets.Get(name);
            quick = ClipActivation.OfArchitecture(config, archive, weights);
        }
        else if (file is not null)
        {
            config = ClipConfigFile.Read(file);
            quick = config.QuickGelu;
        }
        else if (location.Entry is { Architecture: { } architecture } entry)
        {
            config = ClipPresets.Get(architecture);
            config = config with { Mean = [.. entry.Mean ?? config.Mean], Std = [.. entry.Std ?? config.Std] };
            quick = entry.Activation == "quickgelu";
        }
        else
        {
            config = ClipShapes.Infer(weights);
            quick = ClipActivation.OfCheckpoint(archive, weights);
        }

        return config with { QuickGelu = options.QuickGelu ?? quick ?? throw ClipActivation.Undecided(location.Path) };
    }

    private static int CheckSize(int size, VisionConfig config)
    {
        var step = config.Architecture switch
        {
            VisionArchitecture.ViT => config.PatchSize,
            VisionArchitecture.Residual => 1 << config.Width.Length,
            _ => 32,
        };
        return size > 0 && size % step == 0
            ? size
            : throw new ArgumentException($"Pictures of {size} pixels do not fit this model; their side must be a multiple of {step}.");
    }

    private static ClipTokenizer FindTokenizer(ModelLocation location, TextConfig config, string? given)
    {
        var path = given ?? TokenizerPlaces.Find(location.Folder)
            ?? throw new FileNotFoundException(
                $"There is no tokenizer beside {location.Path}; run ./run models pull {TokenizerPlaces.CatalogueName}, or set PAGODA_VOCAB to the path of {TokenizerPlaces.Vocabulary}.");
        var tokenizer = ClipTokenizer.Load(path);
        return tokenizer.VocabularySize <= config.VocabularySize
            ? tokenizer
            : throw new InvalidDataException($"{path} has {tokenizer.VocabularySize} tokens, but the text tower of {location.Path} knows {config.VocabularySize}: they do not belong together.");
    }
}
