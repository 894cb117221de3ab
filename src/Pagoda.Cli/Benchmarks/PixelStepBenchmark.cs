using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Torch.Optimizers;

namespace Pagoda.Cli.Benchmarks;

/// <summary>
/// One step of painting in pixel space as the notebook of CLIPAG does it (royg27/CLIPAG: CLIPAG_T2I.ipynb): views of one
/// picture, each with its own noise, through the image tower; the distance to a text; the gradient of the pixels; its
/// norm limited; AdamW. The weights are drawn at random and frozen: only the pixels' gradient is computed.
/// </summary>
internal sealed class PixelStepBenchmark : IBenchmark
{
    public string Name => "pixel-step";

    public string Description => "One step of painting: views of a picture, image tower, cosine loss, gradient to the pixels, AdamW.";

    public Workload Prepare(BenchmarkShape shape) => new Painting(shape);

    private sealed class Painting : Workload
    {
        private readonly BenchmarkShape _shape;
        private readonly ClipModel _model;
        private readonly Tensor _text;
        private readonly Tensor _image;
        private readonly AdamW _optimizer;

        public Painting(BenchmarkShape shape)
        {
            _shape = shape;
            using var unowned = TensorScope.Unowned();
            _model = new ClipModel(Weights.Initialize(0, Device.Cpu), shape.Config(images: true, texts: false));
            using var drawn = Ops.Randn([1, _model.Config.EmbedDim]);
            _text = drawn / drawn.LinalgVectorNorm(2).ToDouble();
            _image = Ops.Rand([1, 3, shape.Size, shape.Size]).WithGrad();
            _optimizer = new AdamW([_image], learningRate: 0.0175);
        }

        public override double? Operations =>
            OperationCount.Image(_model.Config) is { } count ? _shape.Views * (count.Forward + count.BackwardToInput) : null;

        public override IReadOnlyList<string> PythonForms => _model.Config.Vision.Architecture == VisionArchitecture.ViT ? ["published", "frozen"] : [];

        public override IReadOnlyDictionary<string, object> PythonShape => PythonShapes.Image(_model.Config, _shape);

        public override void Step()
        {
            using var scope = new TensorScope();
            using var narrow = new Autocast(Device.Cpu, enabled: _shape.Type == ScalarType.BFloat16);
            var views = Ops.Randn([_shape.Views, 3, _shape.Size, _shape.Size]) * 0.01 + _image;
            var loss = (1 - _model.EncodeImage(views).Matmul(_text.T())).Mean();
            _image.Grad = Autograd.Grad(loss, _image);
            _optimizer.ClipGradients(0.001);
            _optimizer.Step();
            _optimizer.ZeroGrad();
        }

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
    }
}
