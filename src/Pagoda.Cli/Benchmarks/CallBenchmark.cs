using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>What reaching an operator costs: additions of two single numbers, where the arithmetic itself is nothing.</summary>
internal sealed class CallBenchmark : IBenchmark
{
    public string Name => "call";

    public string Description => "The cost of reaching libtorch: one addition of two small tensors.";

    public bool HasTypes => false;

    public Workload Prepare(BenchmarkShape shape) => new Additions();

    private sealed class Additions : Workload
    {
        private readonly Tensor _left = Ops.Ones([1]);
        private readonly Tensor _right = Ops.Ones([1]);

        public override Setting Setting => new(null, null, 1);

        public override Ceiling Ceiling(Spread seconds) => new("none: almost nothing is computed, all of it is the way to the operator");

        public override int Calls => 100_000;

        public override IReadOnlyList<string> PythonForms => ["plain"];

        public override IReadOnlyDictionary<string, object> PythonShape => new Dictionary<string, object> { ["calls"] = Calls };

        public override void Step()
        {
            for (var i = 0; i < Calls; i++)
            {
                _left.Add(_right).Dispose();
            }
        }

        public override void Dispose()
        {
            _left.Dispose();
            _right.Dispose();
        }
    }
}
