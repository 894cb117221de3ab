using Pagoda.Models.Clip;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;
using Pagoda.Training;
using Pagoda.Training.Objectives;

namespace Pagoda.Cli.Benchmarks;

/// <summary>
/// A step of CLIP-JEM by the trainer itself, as the embedded model's third stage takes it (configs/emoji/3-energy.yaml): negatives of a replay
/// buffer painted on, one step of attack, the contrastive and the energy loss, the gradient of all weights, AdamW, the moving average.
/// Pictures are noise and captions random words, made ahead on another thread as a run's are.
/// </summary>
internal sealed class ClipJemStepBenchmark : IBenchmark
{
    public string Name => "clip-jem-step";

    public string Description => "One step of CLIP-JEM with the embedded model's towers: 96 pictures of 64 pixels, 32 negatives painted 8 steps on.";

    public Workload Prepare(BenchmarkShape shape) => new TrainerStep(shape.Type, Options, "emoji")
    {
        Counted = _ => Count(TrainStepBenchmark.Small),
        Shape = PythonShapes.Emoji(TrainStepBenchmark.Small).Concat(new Dictionary<string, object>
        {
            ["batch"] = Options.Optimizer.Batch,
            ["attack_steps"] = Options.Attack.Steps,
            ["radius"] = Options.Attack.Radius,
            ["negatives"] = Options.Energy.Negatives,
            ["buffer"] = Options.Energy.Buffer,
            ["steps"] = Options.Energy.Steps,
            ["max_age"] = Options.Energy.MaxAge,
            ["step_size"] = Options.Energy.StepSize,
            ["momentum"] = Options.Energy.Momentum,
            ["noise"] = Options.Energy.Noise,
            ["restart"] = Options.Energy.Restart,
            ["weight"] = Options.Energy.Weight,
            ["margin"] = Options.Energy.Margin,
        }).ToDictionary(),
    };

    private static readonly TrainingOptions Options = new()
    {
        Method = TrainingMethod.ClipJem,
        Model = new ModelOptions { From = "emoji" },
        Attack = new AttackSettings { Radius = 1.5, Steps = 1, StepSize = 1.5 },
        Energy = new EnergyOptions
        {
            Weight = 0.3, Negatives = 32, Buffer = 128, Steps = 8, MaxAge = 60, Start = NegativeStart.Soft, Sampler = NegativeSampler.Gradient,
            StepSize = 0.9, PaintingLoss = PaintingLoss.Energy, Real = RealPictures.Batch, Margin = 1,
        },
        Optimizer = new OptimizerOptions { Batch = 96, LearningRate = 0.0005, AverageDecay = 0.995, MaxLogitScale = 50 },
    };

    private static double Count(ClipConfig config)
    {
        var (image, text) = (OperationCount.Image(config)!.Value, OperationCount.Text(config, config.Text.ContextLength));
        double batch = Options.Optimizer.Batch, negatives = Options.Energy.Negatives;
        var followed = (batch * Options.Attack.Steps) + (negatives * Options.Energy.Steps);
        // Captions go through their tower once for the attack and the painting, once for the loss.
        return (followed * (image.Forward + image.BackwardToInput))
            + ((batch + negatives) * (image.Forward + image.Backward - TrainStepBenchmark.FirstLayer() + (2 * text.Forward) + text.Backward));
    }
}

/// <summary>A step of training the embedded model's VQGAN by the trainer itself (configs/emoji/vqgan.yaml: no discriminator), on noise.</summary>
internal sealed class VqganTrainBenchmark : IBenchmark
{
    public string Name => "vqgan-train";

    public string Description => "One training step of the embedded model's VQGAN: 16 pictures of 64 pixels, perceptual loss.";

    public Workload Prepare(BenchmarkShape shape) => new TrainerStep(shape.Type, Options, "emoji VQGAN")
    {
        Forms = ["published", "plain", "channels-last"],
        Counted = _ => Count(Emoji),
        Shape = PythonShapes.Vqgan(Emoji).Concat(new Dictionary<string, object>
        {
            ["batch"] = Options.Optimizer.Batch,
            ["perceptual_weight"] = Options.Vqgan.PerceptualWeight,
            ["commitment"] = Options.Vqgan.Commitment,
            ["perceptual"] = PythonShapes.Emoji(TrainStepBenchmark.Small),
        }).ToDictionary(),
    };

    /// <summary>The embedded VQGAN's shape.</summary>
    internal static readonly VqganConfig Emoji = new()
    {
        Resolution = 64, Channels = 16, Multipliers = [1, 2, 4, 8], Blocks = 1, AttentionResolutions = [8], LatentChannels = 64, CodebookSize = 2048, CodebookWidth = 32, NormGroups = 8,
    };

    private static readonly TrainingOptions Options = new()
    {
        Method = TrainingMethod.Vqgan,
        Vqgan = new VqganOptions
        {
            Resolution = Emoji.Resolution, Channels = Emoji.Channels, Multipliers = string.Join(',', Emoji.Multipliers), Blocks = Emoji.Blocks,
            Attention = string.Join(',', Emoji.AttentionResolutions), NormGroups = Emoji.NormGroups, LatentChannels = Emoji.LatentChannels,
            Codebook = Emoji.CodebookSize, CodebookWidth = Emoji.CodebookWidth, LegacyCommitment = false, RestartEvery = 20, Perceptual = "emoji",
            PerceptualWeight = 0.5, DiscriminatorStart = -1,
        },
        Optimizer = new OptimizerOptions { Batch = 16, LearningRate = 0.0006, Beta1 = 0.5, Beta2 = 0.9, WeightDecay = 0, ClipNorm = 10 },
    };

    private static double Count(VqganConfig config)
    {
        var towers = EncoderOperations.Count(config, config.Resolution, config.Resolution) + DecoderOperations.Count(config, config.Grid, config.Grid, byParity: true);
        // No gradient goes to the pictures, and none of the search or of the pictures' own feature maps.
        var first = 2.0 * 9 * 3 * config.Channels * config.Resolution * config.Resolution;
        var image = OperationCount.Image(TrainStepBenchmark.Small)!.Value;
        return Options.Optimizer.Batch * ((3 * towers) - first + EncoderOperations.Nearest(config, config.Grid, config.Grid) + (2 * image.Forward) + image.BackwardToInput);
    }
}

/// <summary>A step of training the embedded model's transformer by the trainer itself (configs/emoji/gpt.yaml): pictures to tokens and embeddings, then its loss.</summary>
internal sealed class GptTrainBenchmark : IBenchmark
{
    public string Name => "gpt-train";

    public string Description => "One training step of the embedded model's transformer: 64 pictures of 64 tokens, encoded on the way.";

    public Workload Prepare(BenchmarkShape shape) => new TrainerStep(shape.Type, Options, "emoji GPT")
    {
        Counted = plan => plan.Operations + (Options.Optimizer.Batch
            * (EncoderOperations.Count(Vqgan, Vqgan.Resolution, Vqgan.Resolution) + EncoderOperations.Nearest(Vqgan, Vqgan.Grid, Vqgan.Grid) + OperationCount.Image(TrainStepBenchmark.Small)!.Value.Forward)),
        Shape = new Dictionary<string, object>
        {
            ["layers"] = Options.Gpt.Layers,
            ["width"] = Options.Gpt.Width,
            ["heads"] = Options.Gpt.Heads,
            ["vocabulary"] = Vqgan.CodebookSize,
            ["tokens"] = Vqgan.Grid * Vqgan.Grid,
            ["condition"] = TrainStepBenchmark.Small.EmbedDim,
            ["batch"] = Options.Optimizer.Batch,
            ["condition_dropout"] = Options.Gpt.ConditionDropout,
            ["condition_noise"] = Options.Gpt.ConditionNoise,
            ["vqgan"] = PythonShapes.Vqgan(Vqgan),
            ["clip"] = PythonShapes.Emoji(TrainStepBenchmark.Small),
        },
    };

    private static VqganConfig Vqgan => VqganTrainBenchmark.Emoji;

    private static readonly TrainingOptions Options = new()
    {
        Method = TrainingMethod.Gpt,
        Gpt = new GptOptions { Vqgan = "emoji", Clip = "emoji", Resolution = 64, Layers = 6, Width = 192, Heads = 6, Dropout = 0, ConditionDropout = 0.1, ConditionNoise = 0.5 },
        Optimizer = new OptimizerOptions { Batch = 64, LearningRate = 0.0018, Beta2 = 0.95, WeightDecay = 0.02, AverageDecay = 0.995 },
    };
}

/// <summary>A trainer that is asked for one step at a time, in a folder that goes with it.</summary>
internal sealed class TrainerStep : Workload
{
    /// <summary>Made-up pictures, which come again and again.</summary>
    private const int Pictures = 1024;

    private readonly string _folder = Directory.CreateTempSubdirectory("pagoda-bench-").FullName;
    private readonly Trainer _trainer;

    public TrainerStep(ScalarType type, TrainingOptions options, string arch)
    {
        var run = options with { Data = new DataOptions { Synthetic = Pictures }, Device = "cpu", Autocast = type == ScalarType.BFloat16 };
        using var unowned = TensorScope.Unowned();
        _trainer = TrainingRun.Open(run, _folder);
        Setting = new Setting(arch, TrainingRun.ImageSize(run), run.Optimizer.Batch);
    }

    public required Func<TrainingPlan, double?> Counted { get; init; }

    public required IReadOnlyDictionary<string, object> Shape { get; init; }

    public override Setting Setting { get; }

    public override double? Operations => Counted(_trainer.Plan);

    public IReadOnlyList<string> Forms { get; init; } = ["plain", "channels-last"];

    public override IReadOnlyList<string> PythonForms => Forms;

    public override IReadOnlyDictionary<string, object> PythonShape => Shape;

    public override void Step() => _trainer.TakeStep();

    public override void Dispose()
    {
        _trainer.Dispose();
        foreach (var weight in _trainer.Weights.Values)
        {
            weight.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
