using FsCheck;
using FsCheck.Fluent;
using Pagoda.Evaluation;
using Pagoda.Evaluation.Frechet;
using Pagoda.Formats.Images;
using Pagoda.Formats.Npz;
using Pagoda.Models.Lpips;
using Pagoda.Tests.Formats.Checkpoints;
using Pagoda.Tests.Formats.Npz;
using Pagoda.Tests.Models.Inception;
using Pagoda.Torch;

namespace Pagoda.Tests.Evaluation;

public sealed class MetricsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Moments_OfNumpysFile_AreReadAndWrittenBack()
    {
        using var moments = FeatureMoments.Read(NpzFileTests.Sample("stored.npz"));
        Assert.Null(moments.Count);
        moments.Write(_folder.File("again.npz"));
        using var again = FeatureMoments.Read(_folder.File("again.npz"));
        Assert.Equal(moments.Covariance.ToArray<double>(), again.Covariance.ToArray<double>());
        Assert.Equal(0, FidScore.Between(moments, again).Value, 9);
        Assert.Null(FidScore.Between(moments, again).Note);
        using var scope = new TensorScope();
        NpzFile.Write(_folder.File("lies.npz"), [new("mu", Tensor.From([1.0, 2])), new("sigma", Tensor.From([1.0, 2], 1, 2))]);
        Assert.Contains("lies.npz", Assert.Throws<NpzException>(() => FeatureMoments.Read(_folder.File("lies.npz"))).Message, StringComparison.Ordinal);
        NpzFile.Write(_folder.File("nan.npz"), [new("mu", Tensor.From([double.NaN])), new("sigma", Tensor.From([1.0], 1, 1))]);
        Assert.Contains("finite", Assert.Throws<NpzException>(() => FeatureMoments.Read(_folder.File("nan.npz"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fid_OfFewSamples_IsRightAndSaysThatItMeansLittle()
    {
        // Two samples of each set: covariances of rank 1 along u and v, whose root of the product has the trace |u·v|.
        using var scope = new TensorScope();
        using var first = Moments([1, 0, 0, -1, 0, 0], 2, 3);
        using var second = Moments([3, 4, 0, -3, -4, 0], 2, 3);
        var fid = FidScore.Between(first, second);
        Assert.Equal(2 + 50 - (2 * 2 * 3), fid.Value, 9);
        Assert.StartsWith("WARNING: FID of only 2 samples, fewer than", fid.Note);
        first.Write(_folder.File("few.npz"));
        using var kept = FeatureMoments.Read(_folder.File("few.npz"));
        Assert.Equal(2, kept.Count);
        using var other = Moments([1, 2, 3, 4], 2, 2);
        Assert.Throws<ArgumentException>(() => FidScore.Between(first, other));
        using var generator = new Generator(1);
        using var enough = FeatureStatistics.Of(Ops.Randn([2048, 2], generator, ScalarType.Float32));
        using var many = FeatureMoments.Of(enough);
        Assert.Null(FidScore.Between(many, many).Note);
    }

    [Fact]
    public void Fid_OfRotatedAndShiftedSets_StaysTheSame() =>
        Prop.ForAll(Gen.Choose(1, 10_000).ToArbitrary(), seed =>
        {
            using var scope = new TensorScope();
            using var generator = new Generator((ulong)seed);
            var (first, second) = (Ops.Randn([20, 6], generator, ScalarType.Float64), (Ops.Randn([15, 6], generator, ScalarType.Float64) * 2) + 1);
            var rotation = Ops.Randn([6, 6], generator, ScalarType.Float64).LinalgQr().Item1;
            var shift = Ops.Randn([6], generator, ScalarType.Float64) * 3;
            var (before, after) = (Fid(first, second), Fid(first.Matmul(rotation) + shift, second.Matmul(rotation) + shift));
            return Math.Abs(before - after) < 1e-8 * before && Math.Abs(Fid(first, first)) < 1e-9;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Kid_OfThreeNumbers_IsTheValueByHand()
    {
        // Features of width 1: (xy + 1)³. Own pairs of {0, 1}: 1; of {1, 2}: 27; across: (1 + 1 + 8 + 27) / 4.
        using var scope = new TensorScope();
        var kid = KernelDistance.Between(Tensor.From([0f, 1], 2, 1), Tensor.From([1f, 2], 2, 1), seed: 1, subsets: 3);
        Assert.Equal(1 + 27 - (2 * 37 / 4.0), kid.Mean, 12);
        Assert.Equal(0, kid.Deviation, 12);
    }

    [Fact]
    public void Kid_OfTheSameDistribution_IsNothingOnAverage()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(4);
        var (first, second) = (Ops.Randn([2000, 8], generator, ScalarType.Float32), Ops.Randn([1500, 8], generator, ScalarType.Float32));
        var same = KernelDistance.Between(first, second, seed: 3, subsetSize: 100);
        var other = KernelDistance.Between(first, second + 1, seed: 3, subsetSize: 100);
        Assert.InRange(same.Mean, -0.02, 0.02);
        Assert.True(same.Deviation > 0 && other.Mean > 20 * Math.Abs(same.Mean));
        Assert.Equal(same, KernelDistance.Between(first, second, seed: 3, subsetSize: 100));
        Assert.NotEqual(same, KernelDistance.Between(first, second, seed: 4, subsetSize: 100));
        Assert.Throws<ArgumentException>(() => KernelDistance.Between(first, second.Narrow(1, 0, 3), seed: 1));
    }

    [NumpyFact]
    public void Kid_AgainstNumpy_IsTheSame()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(6);
        var (first, second) = (Ops.Randn([30, 5], generator, ScalarType.Float32), Ops.Randn([30, 5], generator, ScalarType.Float32) * 1.5);
        NpzFile.Write(_folder.File("x.npz"), [new("x", first), new("y", second)]);
        const string script = """
            import sys, numpy as np
            f = np.load(sys.argv[1])
            x, y = f['x'].astype(float), f['y'].astype(float)
            m, d = x.shape
            kernel = lambda a, b: np.array([[(sum(u * v) / d + 1) ** 3 for v in b] for u in a])
            own = lambda k: sum(k[i, j] for i in range(m) for j in range(m) if i != j) / m / (m - 1)
            print(own(kernel(x, x)) + own(kernel(y, y)) - 2 * kernel(x, y).mean())
            """;
        var expected = double.Parse(NumpyFactAttribute.Run(script, _folder.File("x.npz")), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(expected, KernelDistance.Between(first, second, seed: 1, subsets: 1).Mean, 9);
    }

    [Fact]
    public void InceptionScore_OfSureAndEvenClasses_IsTheirNumber()
    {
        using var scope = new TensorScope();
        // Each of 4 pictures surely another of 4 classes, so far that the others' share is 0 in float64.
        var sure = Ops.Eye(4, ScalarType.Float32) * 2000;
        Assert.Equal(4, InceptionScore.Of(sure, splits: 1).Mean, 9);
        Assert.Equal(1, InceptionScore.Of(Ops.Zeros([10, 7], ScalarType.Float32), splits: 3).Mean, 9);
        var halves = InceptionScore.Of(Ops.Cat([sure, Ops.Zeros([5, 4], ScalarType.Float32)]), splits: 2);
        Assert.Equal((2.5, 1.5), (Math.Round(halves.Mean, 9), Math.Round(halves.Deviation, 9)));
        Assert.Throws<ArgumentException>(() => InceptionScore.Of(sure));
    }

    [Fact]
    public void PrecisionRecall_OfPointsOnALine_AreSharesByHand()
    {
        using var scope = new TensorScope();
        // With one neighbour the real balls reach 1 around 0, 1 and 9 around 10; of -1, 2.5, 30 the first and second lie within (|2.5 - 10| < 9).
        var (real, generated) = (Tensor.From([0f, 1, 10], 3, 1), Tensor.From([-1f, 2.5f, 30], 3, 1));
        // The generated balls reach 3.5 around -1 and 2.5, and 27.5 around 30: all real points lie within.
        Assert.Equal(new PrecisionRecall(2 / 3.0, 1), SampleManifold.Compare(real, generated, neighbours: 1));
        Assert.Throws<ArgumentException>(() => SampleManifold.Compare(real, generated));
        using var generator = new Generator(2);
        var many = Ops.Randn([1500, 4], generator, ScalarType.Float32);
        Assert.Equal(new PrecisionRecall(1, 1), SampleManifold.Compare(many, many));
        Assert.Equal(new PrecisionRecall(0, 0), SampleManifold.Compare(many, many + 100));
        // A single mode of the real set: precise, but little of it is recalled.
        var (precision, recall) = SampleManifold.Compare(many, many.Narrow(0, 0, 300) * 0.1);
        Assert.True(precision > 0.95 && recall < 0.1, $"{precision} {recall}");
    }

    [Fact]
    public void Blur_OfADot_IsTheGaussianAndKeepsTheSum()
    {
        using var scope = new TensorScope();
        var dot = Ops.Zeros([1, 2, 31, 41], ScalarType.Float64);
        dot.Select(1, 1).Select(1, 15).Select(1, 20).Fill_(1);
        var blurred = GaussianBlur.Apply(dot, 1.5).Select(1, 1).Squeeze();
        Assert.Equal(1, blurred.Sum().ToDouble(), 9);
        double At(int y, int x) => blurred.Select(0, y).Select(0, x).ToDouble();
        Assert.Equal(Math.Exp(-(4 + 1) / (2 * 1.5 * 1.5)), At(17, 21) / At(15, 20), 9);
        Assert.Equal(0, At(15, 20 + 7));
        Assert.Same(dot, GaussianBlur.Apply(dot, 0));
        // Edges are repeated, so that a plain picture stays plain.
        var plain = GaussianBlur.Apply(Ops.Full([1, 3, 4, 5], 0.3, ScalarType.Float32), 8);
        Assert.InRange((plain - 0.3).Abs().Max().ToDouble(), 0, 1e-6);
        Assert.Throws<ArgumentException>(() => GaussianBlur.Apply(dot, double.NaN));
    }

    [Fact]
    public void Blur_AgainstPillow_DiffersByLittle()
    {
        using var scope = new TensorScope();
        var difference = (GaussianBlur.Apply(Planes("sharp.png"), 2) - Planes("blurred.png")).Abs() * 255;
        Assert.InRange(difference.Mean().ToDouble(), 0.1, 0.6);
        Assert.InRange(difference.Narrow(2, 10, 60).Narrow(3, 10, 76).Max().ToDouble(), 0, 6);
        // Near the picture's edge Pillow's boxes repeat its pixels more.
        Assert.InRange(difference.Max().ToDouble(), 6, 10);

        static Tensor Planes(string name)
        {
            var picture = PictureFile.Load(InceptionNetworkTests.Sample(name));
            return Tensor.From(picture.ToPlanes(), 1, 3, picture.Height, picture.Width);
        }
    }

    [Fact]
    public void Diversity_IsTheMeanDistanceOfAllPairs()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(8);
        var distance = new LpipsDistance(Weights.Initialize(3, Device.Cpu));
        var images = Ops.Rand([3, 3, 32, 32], generator, ScalarType.Float32);
        var (first, second, third) = (images.Narrow(0, 0, 1), images.Narrow(0, 1, 1), images.Narrow(0, 2, 1));
        var expected = (Between(first, second) + Between(first, third) + Between(second, third)) / 3;
        Assert.Equal(expected, PerceptualDiversity.Of(distance, images), 1e-5 * expected);
        Assert.Equal(0, PerceptualDiversity.Of(distance, first.Expand([4, 3, 32, 32])), 9);
        Assert.Throws<ArgumentException>(() => PerceptualDiversity.Of(distance, first));

        double Between(Tensor left, Tensor right) => distance.Forward((left * 2) - 1, (right * 2) - 1).ToDouble();
    }

    private static double Fid(Tensor first, Tensor second)
    {
        using var one = FeatureStatistics.Of(first);
        using var other = FeatureStatistics.Of(second);
        return FrechetDistance.Between(one, other);
    }

    private static FeatureMoments Moments(float[] values, params long[] shape)
    {
        using var statistics = FeatureStatistics.Of(Tensor.From(values, shape));
        return FeatureMoments.Of(statistics);
    }
}
