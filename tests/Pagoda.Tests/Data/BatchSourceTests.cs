using Pagoda.Data;
using Pagoda.Data.Scenes;

namespace Pagoda.Tests.Data;

public class BatchSourceTests
{
    private static readonly SceneComposer Composer = new(DrawnEmoji.Library, new SceneOptions { Size = 16 });

    [Fact]
    public void Next_ManyThreads_TheSameAsOne()
    {
        using var one = new SceneSource(Composer, 5, threads: 1);
        using var four = new SceneSource(Composer, 5, threads: 4);
        AssertSame(one.Next(33), four.Next(33));
    }

    [Fact]
    public void Next_InParts_TheWholeStreamIsShared()
    {
        using var whole = new SceneSource(Composer, 5);
        using var even = new SceneSource(Composer, 5, share: new Share(0, 2));
        using var odd = new SceneSource(Composer, 5, share: new Share(1, 2));
        var (all, a, b) = (whole.Next(20), even.Next(10), odd.Next(10));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(all.Captions[i], (i % 2 == 0 ? a : b).Captions[i / 2]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Restore_AfterSave_GoesOnAsIfNothingHappened(bool ahead)
    {
        using var source = Make(3, ahead);
        source.Next(7);
        source.Next(7);
        var position = source.Save();
        var (next, after) = (source.Next(7), source.Next(4));
        using var other = Make(99, ahead);
        other.Next(5);
        other.Restore(position);
        Assert.Equal(position, other.Save());
        AssertSame(next, other.Next(7));
        AssertSame(after, other.Next(4));
    }

    [Fact]
    public void Next_Prefetched_TheSameBatchesAsPlain()
    {
        using var plain = Make(3, ahead: false);
        using var ahead = Make(3, ahead: true);
        foreach (var count in new[] { 4, 4, 9, 4, 1 })
        {
            AssertSame(plain.Next(count), ahead.Next(count));
            Assert.Equal(plain.Save(), ahead.Save());
        }
    }

    [Fact]
    public void Next_PrefetchedSourceFails_TheErrorArrivesAfterTheGoodBatches()
    {
        using var source = new PrefetchingSource(new FailingSource(3));
        Assert.Equal("0", source.Next(1).Captions[0]);
        Assert.Equal("1", source.Next(1).Captions[0]);
        Assert.Equal("2", source.Next(1).Captions[0]);
        Assert.Throws<DataException>(() => source.Next(1));
        Assert.Equal("3", source.Save());
        Assert.Throws<DataException>(() => source.Next(1));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"Seed\":1,\"Start\":0,\"Index\":-3}")]
    [InlineData("{\"Seed\":1,\"Start\":0,\"Index\":3,\"Other\":1}")]
    public void Restore_SomethingElse_SaysSo(string position)
    {
        using var source = new SceneSource(Composer, 1);
        Assert.Contains("position", Assert.Throws<DataException>(() => source.Restore(position)).Message);
    }

    private static IBatchSource Make(ulong seed, bool ahead)
    {
        var source = new SceneSource(Composer, seed);
        return ahead ? new PrefetchingSource(source, 2) : source;
    }

    internal static void AssertSame(Batch a, Batch b)
    {
        Assert.Equal(a.Captions, b.Captions);
        Assert.Equal(a.Images, b.Images);
    }

    private sealed class FailingSource(int good) : IBatchSource
    {
        private int _at;

        public int Size => 1;

        public Batch Next(int count) => _at < good
            ? new Batch(new float[3], [$"{_at++}"], 1)
            : throw new DataException("Nothing is left.");

        public string Save() => $"{_at}";

        public void Restore(string position) => _at = int.Parse(position, System.Globalization.CultureInfo.InvariantCulture);

        public void Dispose()
        {
        }
    }
}
