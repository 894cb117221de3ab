using Pagoda.Data;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;
using Pagoda.Torch.Distributed;
using Pagoda.Training.Learners;

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
    /// <param name="tools">What the caller gives to the run; null for one process that says nothing.</param>
    /// <exception cref="InvalidDataException">The options contradict themselves, name what is not there, or ask for more memory than there is.</exception>
    /// <exception cref="FileNotFoundException">The model to start from is not there.</exception>
    /// <exception cref="TrainingException">The folder's run was begun with other options, another process trains there, or the ranks do not agree.</exception>
    public static Trainer Open(TrainingOptions options, string folder, bool force = false, TrainingTools? tools = null)
    {
        tools ??= new TrainingTools();
        var ranks = tools.Group?.Size ?? 1;
        if (TrainingLimits.FirstProblem(options, ranks) is { } problem)
        {
            throw new InvalidDataException(problem.Sentence);
        }

        Agree(options, tools.Group);
        var runFolder = new RunFolder(folder, writes: tools.Group is null or { Rank: 0 });
        try
        {
            // What takes no time comes before what does.
            tools.Group?.Barrier();
            var changed = runFolder.ChangedOptions(options, force);
            var device = options.Device.Length > 0 ? Device.Parse(options.Device) : LibTorch.DefaultDevice;
            var shape = LearnerShapes.Of(options);
            if (TrainingPlan.Problem(options, shape, device, ranks) is { } tooLarge)
            {
                throw new InvalidDataException(tooLarge);
            }

            var (learner, data) = Start(options, folder, device, tools);
            var plan = TrainingPlan.Of(options, shape, device, data.Description, data.Memory, ranks);
            return new Trainer(options, runFolder, learner, data, plan, changed, tools.Group);
        }
        catch (Exception error)
        {
            tools.Group?.Fail(error.Message);
            runFolder.Dispose();
            throw;
        }
    }

    /// <summary>Plans a run without building it.</summary>
    /// <param name="options">The run; its data need not be there.</param>
    /// <param name="ranks">Processes that will train together.</param>
    /// <exception cref="InvalidDataException">The options contradict themselves, or the model's configuration cannot be read.</exception>
    public static (TrainingPlan Plan, string? Problem) Plan(TrainingOptions options, int ranks = 1)
    {
        var device = options.Device.Length > 0 ? Device.Parse(options.Device) : LibTorch.DefaultDevice;
        var shape = LearnerShapes.Of(options);
        return (TrainingPlan.Of(options, shape, device, "not opened for a plan", 0, ranks), TrainingPlan.Problem(options, shape, device, ranks));
    }

    /// <summary>Width and height of the pictures that the options' model takes, in pixels.</summary>
    /// <exception cref="InvalidDataException">The model's configuration cannot be read.</exception>
    /// <exception cref="FileNotFoundException">The model to start from is not there.</exception>
    public static int ImageSize(TrainingOptions options) => LearnerShapes.Of(options).ImageSize;

    /// <summary>Ranks with other options would wait for each other for ever.</summary>
    private static void Agree(TrainingOptions options, ProcessGroup? group)
    {
        var all = group?.AllGatherText(TrainingConfigFile.Write(options with { Device = "" })) ?? [];
        var other = Array.FindIndex(all, one => one != all[0]);
        if (other > 0)
        {
            var differences = TrainingConfigFile.Differences(all[0], TrainingConfigFile.Parse(all[other], $"rank {other}"));
            throw new TrainingException($"Rank {other} has other options than rank 0: {string.Join(", ", differences.Select(d => $"{d.Key} {d.Now} instead of {d.Before}"))}; start all ranks with the same configuration.");
        }
    }

    private static (ILearner Learner, TrainingData Data) Start(TrainingOptions options, string folder, Device device, TrainingTools tools)
    {
        TrainingData Data(int size, bool captions = true) =>
            new(options.Data, size, options.Seed, tools.Log, tools.Group is { } group ? new Share(group.Rank, group.Size) : null, folder, captions);
        switch (options.Method)
        {
            case TrainingMethod.Vqgan:
                return (PictureLearners.Vqgan(options, device, tools), Data(LearnerShapes.Of(options).ImageSize, captions: false));
            case TrainingMethod.Gpt:
                var pictures = Data(options.Gpt.Resolution, captions: false);
                return (PictureLearners.Gpt(options, device, tools, pictures.Tokens), pictures);
            case TrainingMethod.Diffusion:
                return (PictureLearners.Diffusion(options, device, tools), Data(options.Diffusion.Resolution, captions: false));
            case TrainingMethod.Captioner:
                var captioned = Data(LearnerShapes.Of(options).ImageSize);
                return (PictureLearners.Captioner(options, device, tools, () => Vocabulary(options, folder, captioned)), captioned);
        }

        if (options.Model.From.Length > 0)
        {
            var (model, known) = StartingModel.Load(options.Model, device);
            return (new ClipLearner(options, model, known, tools), Data(model.Config.Vision.ImageSize));
        }

        var config = StartingModel.ConfigOf(options.Model);
        var data = Data(config.Vision.ImageSize);
        var tokenizer = Vocabulary(options, folder, data);
        config = config with { Text = config.Text with { VocabularySize = tokenizer.VocabularySize } };
        return (new ClipLearner(options, new ClipModel(Weights.Initialize(options.Seed, device), config), tokenizer, tools), data);
    }

    /// <summary>The words of the run in the folder, or those that a new one learns from its captions.</summary>
    private static ClipTokenizer Vocabulary(TrainingOptions options, string folder, TrainingData data)
    {
        var saved = Path.Combine(folder, "tokenizer.json");
        return File.Exists(saved) ? ClipTokenizer.FromTokenizerJson(saved) : BpeTrainer.Train(data.Captions(VocabularyCaptions), options.Model.VocabularySize);
    }
}
