using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Configs;
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
    /// <exception cref="FileNotFoundException">The model to start from is not there.</exception>
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
            var (start, data) = Start(options, folder, device, log);
            return new Trainer(options, runFolder, start, data, changed);
        }
        catch
        {
            runFolder.Dispose();
            throw;
        }
    }

    /// <summary>Width and height of the pictures that the options' model takes, in pixels.</summary>
    /// <exception cref="InvalidDataException">The model's configuration cannot be read.</exception>
    /// <exception cref="FileNotFoundException">The model to start from is not there.</exception>
    public static int ImageSize(TrainingOptions options) => options.Model.From.Length > 0
        ? StartingModel.ImageSize(options.Model)
        : ClipConfigFile.Read(options.Model.Config).Vision.ImageSize;

    private static ((ClipModel Model, ClipTokenizer Tokenizer) Start, TrainingData Data) Start(
        TrainingOptions options, string folder, Device device, Action<string>? log)
    {
        TrainingData Data(ClipConfig config) => new(options.Data, config.Vision.ImageSize, options.Seed, log);
        if (options.Model.From.Length > 0)
        {
            var start = StartingModel.Load(options.Model, device);
            return (start, Data(start.Model.Config));
        }

        var config = ClipConfigFile.Read(options.Model.Config);
        var data = Data(config);
        var saved = Path.Combine(folder, "tokenizer.json");
        var tokenizer = File.Exists(saved)
            ? ClipTokenizer.FromTokenizerJson(saved)
            : BpeTrainer.Train(data.Captions(VocabularyCaptions), options.Model.VocabularySize);
        config = config with { Text = config.Text with { VocabularySize = tokenizer.VocabularySize } };
        return ((new ClipModel(Weights.Initialize(options.Seed, device), config), tokenizer), data);
    }
}
