using Pagoda.Evaluation;
using Pagoda.Evaluation.Frechet;
using Pagoda.Evaluation.Retrieval;
using Pagoda.Torch;

namespace Pagoda.Tests.Evaluation;

public sealed class CaptionRetrievalTests
{
    [Fact]
    public void Hits_EachPictureAtItsCaption_FindsAll()
    {
        using var scope = new TensorScope();
        var captions = Ops.Eye(150, ScalarType.Float32);
        Assert.All(CaptionRetrieval.Hits(captions, captions, 1), Assert.True);
    }

    [Fact]
    public void Hits_PictureNearerToAnothersCaption_MissesWhereThatIsAmongTheHundred()
    {
        using var scope = new TensorScope();
        const int Count = 400;
        var captions = Ops.Eye(Count, ScalarType.Float32);
        // Every picture is nearest to its neighbour's caption, then to its own.
        var pictures = captions + (captions.Roll([1], [0]) * 2);
        var hits = CaptionRetrieval.Hits(pictures, captions, 3);
        // The neighbour is drawn with probability 99 / 399.
        Assert.InRange(hits.Count(hit => !hit) / (double)Count, 0.15, 0.35);
        Assert.Equal(hits, CaptionRetrieval.Hits(pictures, captions, 3));
        Assert.NotEqual(hits, CaptionRetrieval.Hits(pictures, captions, 4));
        Assert.All(CaptionRetrieval.Hits(pictures, captions, 3, among: Count), Assert.False);
    }

    [Fact]
    public void Share_HalfOfManyHits_HasTheBinomialsInterval()
    {
        var hits = Enumerable.Range(0, 400).Select(i => i % 2 == 0).ToArray();
        var interval = Bootstrap.Share(hits, 1);
        Assert.Equal(0.5, interval.Value);
        // 1.96 √(0.25 / 400) = 0.049.
        Assert.InRange(interval.High - interval.Value, 0.04, 0.06);
        Assert.InRange(interval.Value - interval.Low, 0.04, 0.06);
        Assert.Equal(interval, Bootstrap.Share(hits, 1));
    }

    [Fact]
    public void Frechet_OfSamplesOfTheReference_IsSmallAndGrowsSurerWithMore()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(2);
        using var reference = FeatureStatistics.Of(Ops.Randn([5000, 6], generator, ScalarType.Float32));
        var (few, many) = (Of(100), Of(2000));
        Assert.True(many.Value < few.Value);
        Assert.True(many.High - many.Low < few.High - few.Low);
        Assert.All([few, many], interval => Assert.InRange(interval.Value, interval.Low, interval.High));

        Interval Of(int count) => Bootstrap.Frechet(Ops.Randn([count, 6], generator, ScalarType.Float32), reference, 1, resamples: 60);
    }
}
