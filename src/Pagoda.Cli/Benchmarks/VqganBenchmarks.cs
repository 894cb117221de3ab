using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>
/// One picture of 256 x 256 pixels to 16 x 16 tokens by the encoder that is everywhere the first stage (f16, 16,384 codes of
/// 256 numbers; CompVis/taming-transformers), with weights drawn at random.
/// </summary>
internal sealed class VqganEncodeBenchmark : IBenchmark
{
    public string Name => "vqgan-encode";

    public string Description => "The tokens of one picture of 256 x 256 pixels by a VQGAN (f16, 16,384 codes).";

    public Workload Prepare(BenchmarkShape shape) => new VqganCoding(
        shape.Type,
        config => Ops.Rand([1, 3, config.Resolution, config.Resolution]),
        (model, pictures) => model.EncodeTokens(pictures),
        config => EncoderOperations.Count(config, config.Resolution, config.Resolution) + EncoderOperations.Nearest(config, config.Grid, config.Grid));
}

/// <summary>
/// The same picture from its tokens. What is counted is what is computed: doubling convolutions by parity.
/// </summary>
internal sealed class VqganDecodeBenchmark : IBenchmark
{
    public string Name => "vqgan-decode";

    public string Description => "One picture of 256 x 256 pixels from the tokens of a VQGAN (f16, 16,384 codes).";

    public Workload Prepare(BenchmarkShape shape) => new VqganCoding(
        shape.Type,
        config =>
        {
            using var generator = new Generator(1);
            return Ops.Randint(0, config.CodebookSize, [1, config.Grid, config.Grid], generator, ScalarType.Int64);
        },
        (model, tokens) => model.DecodeTokens(tokens),
        config => DecoderOperations.Count(config, config.Grid, config.Grid, byParity: true));
}

/// <summary>One way through a VQGAN, over the same input again and again.</summary>
internal sealed class VqganCoding : Workload
{
    private readonly ScalarType _type;
    private readonly VqganModel _model;
    private readonly Tensor _input;
    private readonly Func<VqganModel, Tensor, Tensor> _way;
    private readonly Func<VqganConfig, double> _count;

    public VqganCoding(ScalarType type, Func<VqganConfig, Tensor> input, Func<VqganModel, Tensor, Tensor> way, Func<VqganConfig, double> count)
    {
        (_type, _way, _count) = (type, way, count);
        using var unowned = TensorScope.Unowned();
        _model = new VqganModel(Weights.Initialize(0, Device.Cpu), new VqganConfig());
        _input = input(_model.Config);
    }

    public override Setting Setting => new($"VQGAN f{_model.Config.Factor}", _model.Config.Resolution, 1);

    public override double? Operations => _count(_model.Config);

    public override IReadOnlyList<string> PythonForms => ["published", "plain", "channels-last"];

    public override IReadOnlyDictionary<string, object> PythonShape => PythonShapes.Vqgan(_model.Config).Append(new KeyValuePair<string, object>("views", 1)).ToDictionary();

    public override void Step()
    {
        using var scope = new TensorScope();
        using var inference = new InferenceMode();
        using var narrow = new Autocast(Device.Cpu, enabled: _type == ScalarType.BFloat16);
        _way(_model, _input);
    }

    public override void Dispose()
    {
        Free(_model.Weights);
        _input.Dispose();
    }
}
