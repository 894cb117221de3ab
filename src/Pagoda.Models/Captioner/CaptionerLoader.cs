using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Catalogue;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Models.Captioner;

/// <summary>Loads captioners from Pagoda's folders: <see cref="FileName"/>, the entry <c>captioner</c> of <c>config.json</c> and <c>tokenizer.json</c>.</summary>
public static class CaptionerLoader
{
    /// <summary>The weights' file in a folder that other models share.</summary>
    public const string FileName = "captioner.safetensors";

    /// <summary>Loads a captioner; its parameters are frozen.</summary>
    /// <param name="nameOrPath">A folder, the weights' file in it, or a name of a folder in <c>models/</c>.</param>
    /// <param name="device">Where the weights shall live.</param>
    /// <param name="forTraining">Whether they will be written to: else they may lie in the mapped file.</param>
    /// <exception cref="FileNotFoundException">Nothing is there, or the folder has no captioner.</exception>
    /// <exception cref="InvalidDataException">It is no captioner, its configuration does not fit its weights, or its tokenizer has another vocabulary.</exception>
    /// <exception cref="CheckpointException">The weights cannot be read.</exception>
    public static LoadedCaptioner Load(string nameOrPath, Device device, bool forTraining = false)
    {
        var location = ModelLocation.Find(nameOrPath, "captioner");
        var file = Directory.Exists(location.Path) ? Path.Combine(location.Path, FileName) : location.Path;
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"The folder {location.Path} has no captioner: there is no {FileName} in it.");
        }

        var settings = Path.Combine(location.Folder, "config.json");
        var config = CaptionerConfigFile.Read(settings) ?? throw new InvalidDataException($"{settings} says nothing of a captioner (the entry {CaptionerConfigFile.Entry}), so {file} cannot be built.");
        var words = TokenizerPlaces.Find(location.Folder) ?? throw new FileNotFoundException($"The captioner {file} has no tokenizer: there is no tokenizer.json beside it.");
        var tokenizer = ClipTokenizer.Load(words);
        if (tokenizer.VocabularySize != config.VocabularySize)
        {
            throw new InvalidDataException($"{words} has {tokenizer.VocabularySize} tokens and the captioner {file} {config.VocabularySize}: they do not belong together.");
        }

        var archive = CheckpointFile.Open(file);
        var checkpoint = new ArchiveWeights(archive, mapped: device.Type == DeviceType.Cpu && !forTraining);
        try
        {
            using var unowned = TensorScope.Unowned();
            var weights = Weights.Load(checkpoint, device);
            var model = new CaptionerModel(weights, config);
            weights.ThrowIfUnexpected();
            return new LoadedCaptioner(model, tokenizer, location.Name, archive.Path, checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }
}
