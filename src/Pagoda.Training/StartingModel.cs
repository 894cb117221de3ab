using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Configs;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Training;

/// <summary>The model that <c>model.from</c> names.</summary>
internal static class StartingModel
{
    /// <summary>
    /// Loads it. From a run's folder comes the moving average, which is the run's model; from its checkpoint file the
    /// weights themselves.
    /// </summary>
    public static (ClipModel Model, ClipTokenizer Tokenizer) Load(ModelOptions options, Device device)
    {
        if (IsCheckpoint(options.From))
        {
            return OfCheckpoint(options.From, device);
        }

        var loaded = ClipLoader.Load(options.From, device, new ClipLoadOptions { ForTraining = true, Architecture = Architecture(options) });
        return (loaded.Model, loaded.Tokenizer);
    }

    /// <summary>The shape of the model that the options name, loaded or new.</summary>
    public static ClipConfig ConfigOf(ModelOptions options) =>
        options.From.Length == 0 ? ClipPresets.Find(options.Config) ?? ClipConfigFile.Read(options.Config)
        : options.Architecture.Length > 0 && ClipPresets.Find(options.Architecture) is { } known ? known
        : Shape(options);

    private static ClipConfig Shape(ModelOptions options)
    {
        if (IsCheckpoint(options.From))
        {
            return ClipConfigFile.Read(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(options.From))!, "config.json"));
        }

        using var loaded = ClipLoader.Load(options.From, Device.Cpu, new ClipLoadOptions { Architecture = Architecture(options) });
        return loaded.Model.Config;
    }

    private static bool IsCheckpoint(string from) => Path.GetFileName(from) == TrainingCheckpoint.FileName && File.Exists(from);

    private static string? Architecture(ModelOptions options) => options.Architecture.Length > 0 ? options.Architecture : null;

    private static (ClipModel Model, ClipTokenizer Tokenizer) OfCheckpoint(string path, Device device)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        using var archive = SafetensorsFile.Open(path);
        var weights = Weights.Load(new CheckpointModel(archive), device);
        var model = new ClipModel(weights, ClipConfigFile.Read(Path.Combine(folder, "config.json")));
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
