using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Torch.Optimizers;
using Pagoda.Training;

namespace Pagoda.Cli.Benchmarks;

/// <summary>
/// One step of painting in pixel space as the notebook of CLIPAG does it (royg27/CLIPAG: CLIPAG_T2I.ipynb): views of one
/// picture, each with its own noise, through the image tower; the distance to a text; the gradient of the pixels; its
/// norm limited; AdamW. The weights are drawn at random and frozen: only the pixels' gradient is computed.
/// </summary>
internal sealed class PixelStepBenchmark : IBenchmark
{
    private static readonly (string Arch, int Views)[] Usual = [("ViT-B-32", 1), ("ViT-B-32", 8), ("ViT-B-32", 64), ("convnext_base_w", 1), ("convnext_base_w", 8), ("convnext_base_w", 64)];

    public string Name => "pixel-step";

    public string Description => "One step of painting: views of a picture, image tower, cosine loss, gradient to the pixels, AdamW.";

    public IEnumerable<BenchmarkShape> Rows(BenchmarkShape asked) => Usual.Select(row =>
    {
        var config = ClipPresets.Get(row.Arch);
        return asked with { Arch = row.Arch, Architecture = config, Size = config.Vision.ImageSize, Views = row.Views };
    });

    public Workload Prepare(BenchmarkShape shape) => new Painting(shape);

    private sealed class Painting : Workload
    {
        /// <summary>Bytes of activations at a time. Views that do not fit go through the tower one group after another, which gives the same gradient.</summary>
        private const long AtOnce = 4_000_000_000;

        private readonly BenchmarkShape _shape;
        private readonly ClipModel _model;
        private readonly Tensor _text;
        private readonly Tensor _image;
        private readonly AdamW _optimizer;
        private readonly int _group;

        public Painting(BenchmarkShape shape)
        {
            _shape = shape;
            using var unowned = TensorScope.Unowned();
            _model = new ClipModel(Weights.Initialize(0, Device.Cpu), shape.Config(images: true, texts: false));
            using var drawn = Ops.Randn([1, _model.Config.EmbedDim]);
            _text = drawn / drawn.LinalgVectorNorm(2).ToDouble();
            _image = Ops.Rand([1, 3, shape.Size, shape.Size]).WithGrad();
            _optimizer = new AdamW([_image], learningRate: 0.0175);
            _group = (int)Math.Clamp(AtOnce / (sizeof(float) * MemoryEstimate.ImageActivations(_model.Config)), 1, shape.Views);
        }

        public override Setting Setting => new(_shape.Arch, _shape.Size, _shape.Views);

        public override double? Operations =>
            OperationCount.Image(_model.Config) is { } count ? _shape.Views * (count.Forward + count.BackwardToInput) : null;

        public override IReadOnlyList<string> PythonForms => !PythonShapes.HasTower(_model.Config) ? [] : _model.Config.Vision.Architecture == VisionArchitecture.ViT
            ? ["published", "frozen"]
            : ["published", "frozen", "channels-last"];

        public override IReadOnlyDictionary<string, object> PythonShape =>
            PythonShapes.Image(_model.Config, _shape).Append(new KeyValuePair<string, object>("group", _group)).ToDictionary();

        public override string? Note(Measurement measured) => _group < _shape.Views ? $"views go through the tower {_group} at a time, as memory allows" : null;

        // The first group and the last, which may be smaller.
        public override void WarmUp() => Step(_group + (_shape.Views % _group));

        public override void Step() => Step(_shape.Views);

        public override void Dispose()
        {
            Free(_model.Weights);
            _text.Dispose();
            _image.Dispose();
            foreach (var (_, tensor) in _optimizer.State)
            {
                tensor.Dispose();
            }
        }

        private void Step(int count)
        {
            using var scope = new TensorScope();
            using var narrow = new Autocast(Device.Cpu, enabled: _shape.Type == ScalarType.BFloat16);
            Tensor? gradient = null;
            for (var first = 0; first < count; first += _group)
            {
                using var group = new TensorScope();
                var now = Math.Min(_group, count - first);
                var views = Noise.Normal([now, 3, _shape.Size, _shape.Size]) * 0.01 + _image;
                var loss = (1 - _model.EncodeImage(views).Matmul(_text.T())).Sum() / count;
                var part = Autograd.Grad(loss, _image);
                gradient = group.Keep(gradient is null ? part : gradient + part);
            }

            _image.Grad = gradient;
            _optimizer.ClipGradients(0.001);
            _optimizer.Step();
            _optimizer.ZeroGrad();
        }
    }
}
