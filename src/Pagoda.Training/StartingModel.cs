using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Training;

/// <summary>The model that <c>model.from</c> names.</summary>
internal static class StartingModel
{
    /// <summary>The folder with the model's config.json.</summary>
    public static string Folder(string from) => File.Exists(from) ? Path.GetDirectoryName(Path.GetFullPath(from))! : from;

    /// <summary>
    /// Loads a folder's model (of a run: the moving average), or, from a run's checkpoint file, the weights themselves.
    /// </summary>
    public static (ClipModel Model, ClipTokenizer Tokenizer) Load(string from, Device device)
    {
        var folder = Folder(from);
        if (!File.Exists(from) || Path.GetFileName(from) == "model.safetensors")
        {
            return ClipFolder.Load(folder, device);
        }

        using var archive = SafetensorsFile.Open(from);
        var weights = Weights.Load(new CheckpointModel(archive), device);
        var model = new ClipModel(weights, ClipFolder.ReadConfig(Path.Combine(folder, "config.json")));
        weights.ThrowIfUnexpected();
        return (model, ClipTokenizer.FromTokenizerJson(Path.Combine(folder, "tokenizer.json")));
    }

    /// <summary>The weights among a training checkpoint's tensors.</summary>
    private sealed class CheckpointModel(ITensorArchive archive) : IWeightSource
    {
        public string Description => archive.Path;

        public IEnumerable<string> Names =>
            archive.Entries.Keys.Where(name => name.StartsWith(TrainingCheckpoint.Model, StringComparison.Ordinal)).Select(name => name[TrainingCheckpoint.Model.Length..]);

        public long[]? Shape(string name) => archive.Entries.TryGetValue(TrainingCheckpoint.Model + name, out var entry) ? entry.Shape : null;

        public Tensor Read(string name) => TrainingCheckpoint.Reader(archive, TrainingCheckpoint.Model)(name)!;
    }
}
