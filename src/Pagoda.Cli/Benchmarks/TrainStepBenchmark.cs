using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Torch.Optimizers;
using Pagoda.Training.Attacks;

namespace Pagoda.Cli.Benchmarks;

/// <summary>
/// One small step of adversarial training, as the embedded model's second stage takes it: captions encoded, two steps of
/// an L2 attack, the contrastive loss of the moved pictures, the gradient of all weights, AdamW. The towers are the
/// embedded model's (configs/emoji/model.json); pictures and captions are drawn at random.
/// </summary>
/// <param name="batch">Pictures in a step.</param>
internal sealed class TrainStepBenchmark(int batch = 16) : IBenchmark
{
    private const int AttackSteps = 2;

    internal static readonly ClipConfig Small = new()
    {
        EmbedDim = 192,
        Vision = new VisionConfig { Architecture = VisionArchitecture.Residual, ImageSize = 64, Layers = [0, 1, 1, 1], Width = [32, 80, 160, 320] },
        Text = new TextConfig { ContextLength = 24, VocabularySize = 2048, Width = 192, Heads = 3, Layers = 2 },
        Mean = [0.5, 0.5, 0.5],
        Std = [0.5, 0.5, 0.5],
    };

    public string Name => "train-step";

    public string Description => $"One adversarial training step of the embedded model's towers: {batch} pictures of 64 pixels, {AttackSteps} attack steps.";

    public Workload Prepare(BenchmarkShape shape) => new Training(shape.Type, batch);

    /// <summary>What a backward pass without a gradient of the pixels saves at the stem, for a picture.</summary>
    internal static double FirstLayer() =>
        2 * Math.Pow(Small.Vision.ImageSize / 2, 2) * 4 * 4 * 3 * Small.Vision.Width[0];

    private sealed class Training : Workload
    {
        private readonly ScalarType _type;
        private readonly int _batch;
        private readonly ClipModel _model;
        private readonly Tensor _images;
        private readonly Tensor _tokens;
        private readonly AdamW _optimizer;
        private readonly ProjectedGradient _attack = new(new AttackOptions { Norm = AttackNorm.L2, Radius = 1, StepSize = 1, Steps = AttackSteps });

        public Training(ScalarType type, int batch)
        {
            (_type, _batch) = (type, batch);
            using var unowned = TensorScope.Unowned();
            _model = new ClipModel(Weights.Initialize(0, Device.Cpu), Small);
            _images = Ops.Rand([batch, 3, Small.Vision.ImageSize, Small.Vision.ImageSize]);
            // Every caption fills its row: the longest case.
            using var words = Ops.Randint(1, Small.Text.VocabularySize - 1, [batch, Small.Text.ContextLength - 1]);
            using var end = Ops.Full([batch, 1], Small.Text.VocabularySize - 1, ScalarType.Int64);
            _tokens = Ops.Cat([words, end], 1);
            _optimizer = new AdamW([new ParameterGroup([.. _model.Weights.Parameters.Select(p => (p.Key, p.Value))], 0.05)], 1e-4);
        }

        public override Setting Setting => new("emoji", Small.Vision.ImageSize, _batch);

        public override double? Operations
        {
            get
            {
                var image = OperationCount.Image(Small)!.Value;
                var text = OperationCount.Text(Small, Small.Text.ContextLength);
                return _batch * ((AttackSteps * (image.Forward + image.BackwardToInput)) + image.Forward + image.Backward - FirstLayer() + text.Forward + text.Backward);
            }
        }

        public override IReadOnlyList<string> PythonForms => ["plain", "channels-last"];

        public override IReadOnlyDictionary<string, object> PythonShape => PythonShapes.Emoji(Small)
            .Concat(new Dictionary<string, object> { ["batch"] = _batch, ["attack_steps"] = AttackSteps }).ToDictionary();

        public override void Step()
        {
            using var scope = new TensorScope();
            _model.Weights.SetTrainable("", true);
            var texts = Encode(() => _model.EncodeText(_tokens));
            _model.Weights.SetTrainable("", false);
            var fixedTexts = texts.Detach();
            var moved = _attack.Perturb(_images, x => ClipLoss.Compute(Encode(() => _model.EncodeImage(x)), fixedTexts, _model.LogitScale));
            _model.Weights.SetTrainable("", true);
            var loss = ClipLoss.Compute(Encode(() => _model.EncodeImage(moved)), texts, _model.LogitScale);
            Autograd.Backward(loss);
            _optimizer.ClipGradients(1);
            _optimizer.Step();
            _optimizer.ZeroGrad();
        }

        public override void Dispose()
        {
            Free(_model.Weights);
            _images.Dispose();
            _tokens.Dispose();
            foreach (var (_, tensor) in _optimizer.State)
            {
                tensor.Dispose();
            }
        }

        private Tensor Encode(Func<Tensor> tower)
        {
            using var narrow = new Autocast(Device.Cpu, enabled: _type == ScalarType.BFloat16);
            return tower();
        }
    }
}
