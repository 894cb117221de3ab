using FsCheck;
using FsCheck.Fluent;
using Pagoda.Evaluation;
using Pagoda.Evaluation.Features;
using Pagoda.Evaluation.Frechet;
using Pagoda.Evaluation.Pictures;
using Pagoda.Formats.Images;
using Pagoda.Tests.Data;
using Pagoda.Torch;

namespace Pagoda.Tests.Evaluation.Sets;

public sealed class FeaturePassTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_AnyDevicesAndBatches_FindsTheSame()
    {
        using var scope = new TensorScope();
        for (var i = 0; i < 37; i++)
        {
            _folder.Write($"p/{i:00}.png", PictureSourceTests.Png(i, 4 + (i % 3), 6));
        }

        var source = PictureSource.Open(_folder.File("p"));
        FeatureLane[] lanes = [new(0, Rows: true, Classes: true), new(0, Blur: 1)];
        using var one = Pass(1, 8).Run(source, _ => { }, default);
        using var three = Pass(3, 8).Run(source, _ => { }, default);
        using var other = Pass(2, 5).Run(source, _ => { }, default);
        Assert.Equal((37, one.Content), (one.Count, other.Content));
        Assert.Equal(one.Lanes[0].Rows!.ToArray<float>(), three.Lanes[0].Rows!.ToArray<float>());
        Assert.Equal(one.Lanes[1].Statistics.Covariance().ToArray<double>(), three.Lanes[1].Statistics.Covariance().ToArray<double>());
        Assert.Equal(one.Lanes[0].Rows!.ToArray<float>(), other.Lanes[0].Rows!.ToArray<float>());
        Assert.Null(one.Lanes[1].Rows);
        Assert.Equal([37, 2], one.Lanes[0].Classes!.Shape.ToArray());
        using var direct = FeatureStatistics.Of(one.Lanes[0].Rows!);
        Assert.True((direct.Covariance() - one.Lanes[0].Statistics.Covariance()).Abs().Max().ToDouble() < 1e-12);
        // Blurring is not nothing.
        Assert.True((one.Lanes[1].Statistics.Covariance() - direct.Covariance()).Abs().Max().ToDouble() > 1e-6);

        FeaturePass Pass(int devices, int batch) => new([.. Enumerable.Range(0, devices).Select(_ => (IReadOnlyList<IFeatureNetwork>)[new Colours()])], lanes, batch);
    }

    [Fact]
    public void Run_CancelledOrOfOtherCaptions_Ends()
    {
        _folder.Write("p/a.png", PictureSourceTests.Png(1, 5, 5));
        _folder.Write("p/b.png", PictureSourceTests.Png(2, 5, 5));
        var source = PictureSource.Open(_folder.File("p"));
        using var cancel = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => new FeaturePass([[new Colours()]], [new FeatureLane(0, Rows: true)], 1).Run(source, _ => cancel.Cancel(), cancel.Token));
        foreach (var captions in new string[][] { ["one"], ["one", "two", "three"] })
        {
            Assert.Contains($"There are {captions.Length} captions", Assert.Throws<InvalidDataException>(() => new FeaturePass([[new Colours()]], [new FeatureLane(0)], 1) { Captions = captions }.Run(source, _ => { }, default)).Message, StringComparison.Ordinal);
        }

        using var seen = new FeaturePass([[new Colours()]], [new FeatureLane(0)], 1) { Captions = ["one", "two"] }.Run(source, _ => { }, default);
        Assert.Equal(["one", "two"], seen.Facts.Select(fact => fact.Caption));
    }

    [Fact]
    public void Without_SomeRows_IsTheStatisticsOfTheOthers() =>
        Prop.ForAll(Gen.Choose(1, 10_000).ToArbitrary(), seed =>
        {
            using var scope = new TensorScope();
            using var generator = new Generator((ulong)seed);
            var rows = (Ops.Randn([23, 5], generator, ScalarType.Float64) * 3) + (seed % 100);
            using var all = FeatureStatistics.Of(rows);
            using var part = FeatureStatistics.Of(rows.Narrow(0, 0, 9));
            using var others = FeatureStatistics.Of(rows.Narrow(0, 9, 14));
            using var left = all.Without(part);
            return left.Count == 14 && (left.Mean() - others.Mean()).Abs().Max().ToDouble() < 1e-9 && (left.Covariance() - others.Covariance()).Abs().Max().ToDouble() < 1e-9;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Jackknife_OfAMean_IsItsStandardError()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(3);
        var rows = Ops.Randn([5000, 1], generator, ScalarType.Float64) * 2;
        var interval = Jackknife.Of(rows, 1, part => part.Mean().ToDouble());
        Assert.Equal(rows.Mean().ToDouble(), interval.Value, 12);
        // Student's t of 9 times 2 / √5000; of ten groups the deviation itself is known to a quarter or so.
        Assert.InRange((interval.High - interval.Low) / 2, 0.5 * 0.064, 1.7 * 0.064);
        Assert.True(double.IsNaN(Jackknife.Of(rows.Narrow(0, 0, 5), 1, part => part.Mean().ToDouble()).Low));
    }

    [Fact]
    public void JackknifeOfFrechet_LeavesEachGroupOut()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(3);
        var (rows, real) = (Ops.Randn([55, 4], generator, ScalarType.Float32), Ops.Randn([70, 4], generator, ScalarType.Float32) + 0.5);
        using var statistics = FeatureStatistics.Of(real);
        using var reference = FeatureMoments.Of(statistics);
        var fast = Jackknife.Frechet(rows, reference);
        var plain = Jackknife.Of(rows, 2, part =>
        {
            using var own = FeatureStatistics.Of(part);
            return FrechetDistance.Between(own, statistics);
        });
        Assert.Equal(plain.Value, fast.Value, 9);
        Assert.Equal(plain.Low, fast.Low, 9);
        Assert.True(fast.High > fast.Value);
        // Its width is that of a bootstrap, about.
        var bootstrap = Bootstrap.Frechet(rows, reference, seed: 1);
        Assert.InRange((fast.High - fast.Low) / (bootstrap.High - bootstrap.Low), 0.5, 2);
    }

    [Fact]
    public void KidInFloat32_IsThatOfFloat64()
    {
        // Features like Inception's: above 0, about 0.4 on average, far from the origin beside their spread.
        using var scope = new TensorScope();
        using var generator = new Generator(3);
        var (first, second) = (Ops.Randn([300, 2048], generator, ScalarType.Float32).Abs() * 0.5, Ops.Randn([300, 2048], generator, ScalarType.Float32).Abs() * 0.52);
        var exact = KernelDistance.Between(first, second, seed: 1, subsets: 5, subsetSize: 200);
        var quick = KernelDistance.Between(first, second, seed: 1, subsets: 5, subsetSize: 200, ScalarType.Float32);
        Assert.InRange(quick.Mean, exact.Mean * (1 - 1e-4), exact.Mean * (1 + 1e-4));
        Assert.InRange(quick.Deviation, exact.Deviation * 0.999, exact.Deviation * 1.001);
    }

    [Fact]
    public void KidHalfWidth_IsTheJackknifeOfTheWholeEstimate()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(3);
        var (first, second) = (Ops.Randn([60, 6], generator, ScalarType.Float32), Ops.Randn([40, 6], generator, ScalarType.Float32) + 0.3);
        // All of either side by hand, a sample not with itself.
        var slow = Jackknife.Of(first, 2, rows => Own(rows) - (2 * Kernel(rows, second).Mean().ToDouble()));
        Assert.Equal((slow.High - slow.Low) / 2, KernelDistance.HalfWidth(first, second), 5);
        Assert.True(double.IsNaN(KernelDistance.HalfWidth(first.Narrow(0, 0, 15), second)));

        static double Own(Tensor x) => (Kernel(x, x).Sum() - Kernel(x, x).Diagonal().Sum()).ToDouble() / (x.Size(0) * (x.Size(0) - 1.0));
        static Tensor Kernel(Tensor x, Tensor y)
        {
            var inner = (x.To(ScalarType.Float64).Matmul(y.To(ScalarType.Float64).T()) / x.Size(1)) + 1;
            return inner * inner * inner;
        }
    }

    [Fact]
    public void Statistics_OfOneNetworkAndResizer_AreKeptWithTheirOrigin()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(3);
        var rows = Ops.Randn([12, 3], generator, ScalarType.Float32);
        using var own = FeatureStatistics.Of(rows);
        using var written = new PictureStatistics(FeatureMoments.Of(own), new StatisticsOrigin("net", new string('a', 64), "pytorch-fid", 2.5, "content"), rows);
        written.Write(_folder.File("s.npz"), overwrite: false);
        Assert.Throws<IOException>(() => written.Write(_folder.File("s.npz"), overwrite: false));
        using var read = PictureStatistics.Read(_folder.File("s.npz"));
        Assert.Equal(written.Origin, read.Origin);
        Assert.Equal(rows.ToArray<float>(), read.Rows!.ToArray<float>());
        Assert.Equal(12, read.Moments.Count);
    }

    /// <summary>Mean and spread of each channel: six numbers, and classes by brightness.</summary>
    private sealed class Colours : IFeatureNetwork
    {
        public string Name => "colours";

        public string Weights => new('c', 64);

        public string Resizer => "none";

        public bool HasClasses => true;

        public Tensor Features(IReadOnlyList<Picture> pictures, double blur)
        {
            using var scope = new TensorScope();
            return scope.Keep(Ops.Cat([.. pictures.Select(picture =>
            {
                var x = GaussianBlur.Apply(PictureTensors.Of([picture], Device.Cpu), blur);
                return Ops.Cat([x.Mean([2, 3]), x.Square().Mean([2, 3])], 1);
            })]));
        }

        public Tensor Classes(Tensor features) => features.Narrow(1, 0, 2);

        public void Dispose()
        {
        }
    }
}
