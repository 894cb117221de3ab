using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Training;

/// <summary>Builds what a <see cref="Trainer"/> needs from its options.</summary>
public static class TrainingRun
{
    /// <summary>Captions that a new vocabulary is learnt from.</summary>
    private const int VocabularyCaptions = 20_000;

    /// <summary>Opens a run: new, or the one in the folder.</summary>
    /// <param name="options">The run.</param>
    /// <param name="folder">Where its files are.</param>
    /// <param name="force">Go on with a run that was begun with other options.</param>
    /// <param name="log">Told of each sample of the data that is left out, from any thread.</param>
    /// <exception cref="InvalidDataException">The options contradict themselves or name what is not there.</exception>
    /// <exception cref="TrainingException">The folder's run was begun with other options, or another process trains there.</exception>
    public static Trainer Open(TrainingOptions options, string folder, bool force = false, Action<string>? log = null)
    {
        if (TrainingLimits.FirstProblem(options) is { } problem)
        {
            throw new InvalidDataException(problem.Sentence);
        }

        var runFolder = new RunFolder(folder);
        try
        {
            // The comparison of options comes before anything that takes time.
            var changed = runFolder.ChangedOptions(options, force);
            var device = options.Device.Length > 0 ? Device.Parse(options.Device) : LibTorch.DefaultDevice;
            var data = new TrainingData(options.Data, ImageSize(options), options.Seed, log);
            return new Trainer(options, runFolder, Start(options, folder, device, data), data, changed);
        }
        catch
        {
            runFolder.Dispose();
            throw;
        }
    }

    /// <summary>Width and height of the pictures that the options' model takes, in pixels.</summary>
    /// <exception cref="InvalidDataException">The model's configuration is not there.</exception>
    public static int ImageSize(TrainingOptions options)
    {
        var path = options.Model.From.Length > 0 ? Path.Combine(StartingModel.Folder(options.Model.From), "config.json") : options.Model.Config;
        return File.Exists(path)
            ? ClipFolder.ReadConfig(path).Vision.ImageSize
            : throw new InvalidDataException($"{path} does not exist; {(options.Model.From.Length > 0 ? $"model.from is \"{options.Model.From}\", which is no folder of a model or a run" : "model.config names a model's config.json")}.");
    }

    private static (ClipModel Model, ClipTokenizer Tokenizer) Start(TrainingOptions options, string folder, Device device, TrainingData data)
    {
        if (options.Model.From.Length > 0)
        {
            return StartingModel.Load(options.Model.From, device);
        }

        var config = ClipFolder.ReadConfig(options.Model.Config);
        var saved = Path.Combine(folder, "tokenizer.json");
        var tokenizer = File.Exists(saved)
            ? ClipTokenizer.FromTokenizerJson(saved)
            : BpeTrainer.Train(data.Captions(VocabularyCaptions), options.Model.VocabularySize);
        config = config with { Text = config.Text with { VocabularySize = tokenizer.VocabularySize } };
        return (new ClipModel(Weights.Initialize(options.Seed, device), config), tokenizer);
    }
}
