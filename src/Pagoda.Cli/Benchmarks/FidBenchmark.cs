using System.Globalization;
using Pagoda.Data;
using Pagoda.Evaluation.Features;
using Pagoda.Evaluation.Pictures;
using Pagoda.Formats.Images;
using Pagoda.Models.Inception;
using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>
/// Pictures of 64 x 64 pixels through Inception-v3 (pytorch-fid's resizing, weights drawn at random) to the mean and covariance of their features,
/// as <c>eval stats</c> takes them. Its note has pictures per second and whether memory stays the same however many there are.
/// </summary>
internal sealed class FidBenchmark : IBenchmark
{
    private const int Side = 64, Batch = 16;

    public string Name => "fid";

    public string Description => "Pictures of 64 x 64 pixels through Inception-v3 to the moments that FID is taken of.";

    public bool HasTypes => false;

    public Workload Prepare(BenchmarkShape shape) => new Moments(shape.Pictures);

    private sealed class Moments : Workload
    {
        private readonly int _pictures;
        private readonly InceptionNetwork _network;
        private readonly InceptionFeatures _features;
        private readonly long[] _peaks = new long[3];

        public Moments(int pictures)
        {
            _pictures = pictures;
            using var unowned = TensorScope.Unowned();
            _network = new InceptionNetwork(Weights.Initialize(0, Device.Cpu), classifier: false);
            _features = new InceptionFeatures(_network, "random", () => "", Device.Cpu, clean: false);
        }

        public override Setting Setting => new("Inception-v3", Side, _pictures);

        public override double? Operations => _pictures * _network.Weights.Parameters.Where(weight => weight.Value.Dimensions == 4).Sum(weight => 2.0 * weight.Value.Elements * Places(weight.Key));

        public override IReadOnlyList<string> PythonForms => ["published", "channels-last"];

        public override IReadOnlyDictionary<string, object> PythonShape => new Dictionary<string, object> { ["pictures"] = _pictures, ["batch"] = Batch, ["size"] = Side };

        public override string Note(Measurement measured) => string.Create(
            CultureInfo.InvariantCulture,
            $"{_pictures / measured.Seconds.Median:0.0} pictures/s; peak memory {Terminal.Bytes(_peaks[0])} at a quarter, {Terminal.Bytes(_peaks[1])} at half, {Terminal.Bytes(_peaks[2])} at the end");

        public override void WarmUp() => Run(Math.Min(Batch, _pictures));

        public override void Step() => Run(_pictures);

        public override void Dispose()
        {
            _network.Dispose();
            Free(_network.Weights);
        }

        /// <summary>Places of the map that a convolution of that name gives, for pictures of 299 x 299 pixels.</summary>
        private static double Places(string name)
        {
            var side = name.Split('.') switch
            {
                ["Conv2d_1a_3x3", ..] => 149,
                ["Conv2d_2a_3x3" or "Conv2d_2b_3x3", ..] => 147,
                ["Conv2d_3b_1x1", ..] => 73,
                ["Conv2d_4a_3x3", ..] => 71,
                // The last convolution of each branch halves the map.
                ["Mixed_6a", "branch3x3" or "branch3x3dbl_3", ..] => 17,
                ["Mixed_6a", ..] or [['M', 'i', 'x', 'e', 'd', '_', '5', ..], ..] => 35,
                ["Mixed_7a", "branch3x3_2" or "branch7x7x3_4", ..] => 8,
                ["Mixed_7a", ..] or [['M', 'i', 'x', 'e', 'd', '_', '6', ..], ..] => 17,
                _ => 8,
            };
            return (double)side * side;
        }

        private void Run(int count)
        {
            Array.Clear(_peaks);
            var pass = new FeaturePass([[_features]], [new FeatureLane(0)], Batch);
            using var seen = pass.Run(new Drawn(count), done => Note(done, count), CancellationToken.None);
        }

        private void Note(int done, int of)
        {
            for (var i = 0; i < _peaks.Length; i++)
            {
                if (_peaks[i] == 0 && done >= of * new[] { 0.25, 0.5, 1 }[i])
                {
                    _peaks[i] = ProcessFigures.PeakResident;
                }
            }
        }
    }

    /// <summary>Noise, a different one for each picture.</summary>
    private sealed class Drawn(int count) : PictureSource
    {
        public override string Name => "drawn pictures";

        public override string Description => Name;

        public override int? Count => count;

        public override string? Stamp => null;

        public override IEnumerable<Func<SourcePicture>> Read(Share share) => Enumerable.Range(0, count).Select(number => (Func<SourcePicture>)(() =>
        {
            var pixels = new byte[3 * Side * Side];
            new Random(number).NextBytes(pixels);
            return new SourcePicture(number, Name, new Picture(Side, Side, 3, pixels), null, "");
        }));
    }
}
