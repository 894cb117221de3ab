using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Catalogue;
using Pagoda.Torch;

namespace Pagoda.Models.Vqgan;

/// <summary>
/// Loads VQGANs: Pagoda's folders; checkpoints of taming-transformers, with the project file beside them or without, alone
/// or within one of its transformers; CLIP-GEN's. A checkpoint without a configuration is read by its names and shapes.
/// </summary>
public static class VqganLoader
{
    /// <summary>The weights' file in a folder that other models share.</summary>
    public const string FileName = "vqgan.safetensors";
    private const string FirstStage = "first_stage_model.";

    /// <summary>CLIP-GEN's own constants, which its checkpoints do not hold (HFAiLab/clip-gen: models/quantizer.py, models/codec.py).</summary>
    private const double ClipGenBeta = 0.2, ClipGenEpsilon = 1e-5;

    /// <summary>Loads a model; its parameters are frozen.</summary>
    /// <param name="nameOrPath">A folder, a file, or a name: of a folder in <c>models/</c>, or of the catalogue.</param>
    /// <param name="device">Where the weights shall live.</param>
    /// <param name="type">The type to hold them in.</param>
    /// <param name="forTraining">Whether they will be written to: else they may lie in the mapped file.</param>
    /// <exception cref="FileNotFoundException">Nothing is there, or it was not pulled yet; the message says what to do.</exception>
    /// <exception cref="InvalidDataException">It is no VQGAN, or its configuration does not fit its weights.</exception>
    /// <exception cref="CheckpointException">The weights cannot be read.</exception>
    public static LoadedVqgan Load(string nameOrPath, Device device, ScalarType type = ScalarType.Float32, bool forTraining = false)
    {
        var location = ModelLocation.Find(nameOrPath, "vqgan");
        var own = Path.Combine(location.Path, FileName);
        var archive = CheckpointFile.Open(File.Exists(own) ? own : location.Path);
        var checkpoint = new ArchiveWeights(archive, mapped: device.Type == DeviceType.Cpu && !forTraining);
        try
        {
            var (named, config) = Understand(checkpoint, archive, Path.Combine(location.Folder, "config.json"));
            using var unowned = TensorScope.Unowned();
            var weights = Weights.Load(named, device, type);
            var model = new VqganModel(weights, config);
            foreach (var name in named.Names.Where(IsOfTraining))
            {
                weights.Ignore(name);
            }

            weights.ThrowIfUnexpected();
            return new LoadedVqgan(model, location.Name, archive.Path, checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>A checkpoint of any of the kinds, under the names of taming-transformers, and its configuration.</summary>
    /// <exception cref="InvalidDataException">It is no VQGAN; the message says what it seems to be.</exception>
    internal static (IWeightSource Named, VqganConfig Config) Understand(IWeightSource source, ITensorArchive archive, string configFile)
    {
        if (ClipGenVqgan.IsSource(source))
        {
            var renamed = new ClipGenVqgan(source);
            return (renamed, VqganShapes.Infer(renamed, 256) with { NormEpsilon = ClipGenEpsilon, CommitmentWeight = ClipGenBeta });
        }

        var named = source.Shape(FirstStage + "encoder.conv_in.weight") is null ? source : WithinTransformer(source);
        if (named.Shape("encoder.conv_in.weight") is null || (named.Shape("quantize.embedding.weight") ?? named.Shape("quantize.embed.weight")) is null)
        {
            throw new InvalidDataException($"{source.Description} is no VQGAN: {Seems(named, archive)}.");
        }

        if (VqganConfigFile.Read(configFile) is { } own)
        {
            return (named, Agree(own, VqganShapes.Infer(named, own.Resolution).CodebookSize, configFile, source.Description));
        }

        var project = TamingConfig.Find(archive.Path) is { } file ? TamingConfig.Read(file) : null;
        var config = VqganShapes.Infer(named, project?.Resolution ?? 256);
        return project?.CodebookSize is { } size && size != config.CodebookSize
            ? throw Disagree(project.Path, size, source.Description, config.CodebookSize)
            : (named, config);
    }

    private static VqganConfig Agree(VqganConfig config, int size, string file, string weights) =>
        config.CodebookSize == size ? config : throw Disagree(file, config.CodebookSize, weights, size);

    private static InvalidDataException Disagree(string file, int says, string weights, int has) =>
        new($"{file} says the codebook has {says} vectors, but {weights} has {has}: they do not belong together.");

    private static string Seems(IWeightSource named, ITensorArchive archive) =>
        ArchitectureSketch.Describe(archive.Entries) is { } sketch ? $"it seems to be a {sketch}"
            : named.Shape("encoder.conv_in.weight") is not null ? "it has an encoder of that kind but no codebook (quantize.embedding.weight), as autoencoders with continuous latents have"
            : "there is no tensor encoder.conv_in.weight";

    private static RenamedWeights WithinTransformer(IWeightSource source)
    {
        var inside = source.Names.Where(name => name.StartsWith(FirstStage, StringComparison.Ordinal)).ToList();
        return new RenamedWeights(source, inside.ToDictionary(name => name[FirstStage.Length..], name => new StoredAs([name])), source.Names);
    }

    /// <summary>The discriminator, the perceptual network and what else only training needs.</summary>
    private static bool IsOfTraining(string name) =>
        name.StartsWith("loss.", StringComparison.Ordinal) || name is "colorize" or "temperature_scheduler" || name.StartsWith("model_ema.", StringComparison.Ordinal);
}
