using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>
/// One picture of 256 x 256 pixels from 16 x 16 tokens by the decoder that is everywhere the first stage (f16, 16,384
/// codes of 256 numbers; CompVis/taming-transformers), with weights drawn at random. What is counted is what is
/// computed: doubling convolutions by parity.
/// </summary>
internal sealed class VqganDecodeBenchmark : IBenchmark
{
    public string Name => "vqgan-decode";

    public string Description => "One picture of 256 x 256 pixels from the tokens of a VQGAN (f16, 16,384 codes).";

    public Workload Prepare(BenchmarkShape shape) => new Decoding(shape.Type);

    private sealed class Decoding : Workload
    {
        private readonly ScalarType _type;
        private readonly VqganModel _model;
        private readonly Tensor _tokens;

        public Decoding(ScalarType type)
        {
            _type = type;
            using var unowned = TensorScope.Unowned();
            _model = new VqganModel(Weights.Initialize(0, Device.Cpu), new VqganConfig());
            var grid = _model.Config.Grid;
            using var generator = new Generator(1);
            _tokens = Ops.Randint(0, _model.Config.CodebookSize, [1, grid, grid], generator, ScalarType.Int64);
        }

        public override int? OwnViews => 1;

        public override double? Operations => DecoderOperations.Count(_model.Config, _model.Config.Grid, _model.Config.Grid, byParity: true);

        public override IReadOnlyList<string> PythonForms => ["published", "plain"];

        public override IReadOnlyDictionary<string, object> PythonShape
        {
            get
            {
                var config = _model.Config;
                var levels = Enumerable.Range(0, config.Multipliers.Length).ToArray();
                return new Dictionary<string, object>
                {
                    ["views"] = 1,
                    ["grid"] = config.Grid,
                    ["codes"] = config.CodebookSize,
                    ["code_width"] = config.CodebookWidth,
                    ["latents"] = config.LatentChannels,
                    ["widths"] = levels.Select(config.Width).ToArray(),
                    ["blocks"] = config.Blocks,
                    ["attention"] = levels.Where(config.HasAttention).ToArray(),
                };
            }
        }

        public override void Step()
        {
            using var scope = new TensorScope();
            using var inference = new InferenceMode();
            using var narrow = new Autocast(Device.Cpu, enabled: _type == ScalarType.BFloat16);
            _model.DecodeTokens(_tokens);
        }

        public override void Dispose()
        {
            Free(_model.Weights);
            _tokens.Dispose();
        }
    }
}
