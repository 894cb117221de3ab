using System.Globalization;
using Pagoda.Generation.ClipGen;
using Pagoda.Models.Gpt;
using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>The transformer of <c>gpt-sample</c>, and how much is drawn from it.</summary>
internal sealed record GptSampleShape
{
    public int Layers { get; init; } = 24;

    public int Width { get; init; } = 1024;

    public int Heads { get; init; } = 16;

    public int Vocabulary { get; init; } = 16384;

    public int Tokens { get; init; } = 256;

    public int Batch { get; init; } = 1;

    public GptConfig Config => new()
    {
        Layers = Layers,
        Width = Width,
        Heads = Heads,
        VocabularySize = Vocabulary,
        BlockSize = Tokens,
        ConditionWidth = 512,
    };
}

/// <summary>Sampling beside its floor: the time to read the weights once for every token.</summary>
/// <param name="TokensPerSecond">Tokens of all sequences.</param>
/// <param name="WeightBytesPerToken">Bytes of weights that one position of the batch needs.</param>
/// <param name="MemoryBytesPerSecond">What the memory gave in the same run.</param>
/// <param name="FloorSeconds">Reading the weights once per position at that rate.</param>
/// <param name="FractionOfFloor">The floor over the time taken; 1 is as fast as the memory allows.</param>
internal sealed record SamplingFigures(double TokensPerSecond, long WeightBytesPerToken, double MemoryBytesPerSecond, double FloorSeconds, double FractionOfFloor);

/// <summary>
/// A picture's tokens drawn from CLIP-GEN's transformer with random weights, top-k 500 and top-p 0.95, with the cache of
/// keys and values.
/// </summary>
internal sealed class GptSampleBenchmark : IBenchmark
{
    public string Name => "gpt-sample";

    public string Description => "All tokens of a picture from CLIP-GEN's transformer, one after another.";

    public bool EmulatesBFloat16 => false;

    /// <summary>Where all is measured and nothing else is asked for, a quarter of a picture: each token costs the same.</summary>
    public IEnumerable<BenchmarkShape> Rows(BenchmarkShape asked) => [asked.Gpt == new GptSampleShape() ? asked with { Gpt = asked.Gpt with { Tokens = 64 } } : asked];

    public Workload Prepare(BenchmarkShape shape) => new Sampling(shape.Gpt, shape.Type);

    private sealed class Sampling : Workload
    {
        private const int WarmUpTokens = 4;

        /// <summary>The published program computes all earlier positions again for each token: with more tokens it takes minutes.</summary>
        private const int FewTokens = 32;

        private readonly GptSampleShape _shape;
        private readonly GptModel _model;
        private readonly Tensor _condition;
        private readonly MemoryRate _memory = new();
        private readonly long _bytes;

        public Sampling(GptSampleShape shape, ScalarType type)
        {
            _shape = shape;
            try
            {
                _model = new GptModel(Weights.Initialize(0, Device.Cpu, type), shape.Config);
            }
            catch (ArgumentException problem)
            {
                throw new UsageException(problem.Message);
            }

            using var unowned = TensorScope.Unowned();
            _condition = Ops.Ones([shape.Batch, shape.Config.ConditionWidth], ScalarType.Float32);
            _bytes = GptCapacity.ParametersReadPerToken(shape.Config) * type.ByteSize();
        }

        public override Setting Setting => new($"GPT {_shape.Layers} x {_shape.Width}, {_shape.Tokens} tokens", null, _shape.Batch);

        public override double? Bytes => (double)_bytes * _shape.Tokens;

        public override Ceiling Ceiling(Spread seconds) => new("reading the weights once for every token", Figures(seconds).FractionOfFloor);

        public override IReadOnlyList<string> PythonForms => _shape.Tokens <= FewTokens ? ["plain", "published"] : ["plain"];

        public override IReadOnlyDictionary<string, object> PythonShape => new Dictionary<string, object>
        {
            ["layers"] = _shape.Layers,
            ["width"] = _shape.Width,
            ["heads"] = _shape.Heads,
            ["vocabulary"] = _shape.Vocabulary,
            ["tokens"] = _shape.Tokens,
            ["batch"] = _shape.Batch,
            ["condition"] = _shape.Config.ConditionWidth,
        };

        public override void WarmUp()
        {
            _memory.Measure();
            Sample(Math.Min(WarmUpTokens, _shape.Tokens));
        }

        public override void Step() => Sample(_shape.Tokens);

        public override void Compare() => _memory.Measure();

        public override SamplingFigures Figures(Spread seconds)
        {
            var floor = _bytes * (double)_shape.Tokens / _memory.BytesPerSecond;
            return new SamplingFigures(_shape.Tokens * _shape.Batch / seconds.Median, _bytes, _memory.BytesPerSecond, floor, floor / seconds.Median);
        }

        public override string Note(Measurement measured)
        {
            var figures = Figures(measured.Seconds);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{figures.TokensPerSecond:0.0} tokens/s; {figures.WeightBytesPerToken / 1e9:0.000} GB of weights per position at {figures.MemoryBytesPerSecond / 1e9:0.0} GB/s measured in the same run take {figures.FloorSeconds:0.0} s, {figures.FractionOfFloor:0 %} of the time");
        }

        public override void Dispose()
        {
            _model.Free();
            _condition.Dispose();
            _memory.Dispose();
        }

        private void Sample(int tokens)
        {
            using var sampler = new TokenSampler(_model, _condition, new SamplingOptions(), tokens);
            foreach (var _ in sampler.Run())
            {
            }
        }
    }
}
