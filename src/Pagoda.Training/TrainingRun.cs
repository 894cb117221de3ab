using Pagoda.Data.Scenes;
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
    /// <exception cref="InvalidDataException">The options contradict themselves or name what is not there.</exception>
    public static Trainer Open(TrainingOptions options, string folder)
    {
        var device = options.Device.Length > 0 ? Device.Parse(options.Device) : LibTorch.DefaultDevice;
        var start = Start(options, folder, device);
        return new Trainer(options, folder, start, TrainingData.Open(options.Data, start.Model.Config.Vision.ImageSize, options.Seed));
    }

    private static (ClipModel Model, ClipTokenizer Tokenizer) Start(TrainingOptions options, string folder, Device device)
    {
        if (options.Model.From.Length > 0)
        {
            var loaded = ClipLoader.Load(options.Model.From, device, new ClipLoadOptions { ForTraining = true });
            return (loaded.Model, loaded.Tokenizer);
        }

        if (options.Model.Config.Length == 0)
        {
            throw new InvalidDataException("model: name a config for new weights, or a folder to go on from.");
        }

        var config = ClipConfigFile.Read(options.Model.Config);
        var saved = Path.Combine(folder, "tokenizer.json");
        var tokenizer = File.Exists(saved)
            ? ClipTokenizer.FromTokenizerJson(saved)
            : BpeTrainer.Train(Captions(options, config.Vision.ImageSize), options.Model.VocabularySize);
        config = config with { Text = config.Text with { VocabularySize = tokenizer.VocabularySize } };
        return (new ClipModel(Weights.Initialize(options.Seed, device), config), tokenizer);
    }

    private static IEnumerable<string> Captions(TrainingOptions options, int size)
    {
        var composer = TrainingData.Composer(options.Data, size);
        return Enumerable.Range(0, VocabularyCaptions).Select(index => composer.Plan(options.Seed, index).Caption);
    }
}
