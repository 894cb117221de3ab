using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Pagoda.Data;
using Pagoda.Data.Folders;
using Pagoda.Data.Shards;

namespace Pagoda.Tests.Data;

/// <summary>Several processes on one set of data: nothing twice, nothing missing, also when their number changes.</summary>
public sealed class ShareTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Next_AnyNumberOfProcesses_TheEpochIsSharedExactly() => Check((make, parts, _, _, count) =>
    {
        var sources = Enumerable.Range(0, parts).Select(part => make(new Share(part, parts))).ToArray();
        var given = sources.SelectMany(source => UntilEpoch(source, 1)).ToArray();
        return given.Length == count && given.Distinct().Count() == count;
    });

    [Fact]
    public void Restore_WithAnotherNumberOfProcesses_GivesWhatNoneHadGiven() => Check((make, parts, later, steps, count) =>
    {
        var (given, positions) = (new List<string>(), new List<string>());
        for (var part = 0; part < parts; part++)
        {
            using var source = make(new Share(part, parts));
            // Not more than each has in an epoch.
            var own = UntilEpoch(make(new Share(part, parts)), 1).Count;
            given.AddRange(Enumerable.Range(0, Math.Min(steps, own)).Select(_ => source.Next().Captions()[0]));
            positions.Add(source.Save());
        }

        foreach (var number in new[] { later, later + 1 })
        {
            var positionsNow = new List<string>();
            for (var part = 0; part < number; part++)
            {
                using var source = make(new Share(part, number));
                source.Restore(positions);
                var own = 0;
                using (var ahead = make(new Share(part, number)))
                {
                    ahead.Restore(positions);
                    own = UntilEpoch(ahead, 1).Count;
                }

                given.AddRange(Enumerable.Range(0, number == later ? Math.Min(own, 2) : own).Select(_ => source.Next().Captions()[0]));
                positionsNow.Add(source.Save());
            }

            positions = positionsNow;
        }

        return given.Count == count && given.Distinct().Count() == count;
    });

    [Fact]
    public void Restore_WithTheSameNumber_IsExact() => Check((make, parts, _, steps, _) =>
    {
        var sources = Enumerable.Range(0, parts).Select(part => make(new Share(part, parts))).ToArray();
        foreach (var source in sources)
        {
            Take(source, steps);
        }

        var positions = sources.Select(source => source.Save()).ToArray();
        return sources.Index().All(item =>
        {
            var other = make(new Share(item.Index, parts));
            other.Restore(positions);
            return Take(item.Item, 9).SequenceEqual(Take(other, 9));
        });
    });

    [Fact]
    public void Restore_MadeSamplesWithAnotherNumber_TheWholeStreamStaysTheSame()
    {
        using var whole = new SyntheticSource(1000, 4, 5);
        var all = whole.Next(30).Captions;
        var three = Enumerable.Range(0, 3).Select(part => new SyntheticSource(1000, 4, 5, new Share(part, 3))).ToArray();
        var first = three.Select(source => source.Next(4).Captions).ToArray();
        string[] positions = [.. three.Select(source => source.Save())];
        var two = Enumerable.Range(0, 2).Select(part => new SyntheticSource(1000, 4, 5, new Share(part, 2))).ToArray();
        foreach (var source in two)
        {
            source.Restore(positions);
        }

        var then = two.Select(source => source.Next(9).Captions).ToArray();
        Assert.Equal(all, Enumerable.Range(0, 12).Select(i => first[i % 3][i / 3]).Concat(Enumerable.Range(0, 18).Select(i => then[i % 2][i / 2])));
    }

    [Fact]
    public void Next_Mixture_FollowsTheWeightsAndIsExactlyRestored()
    {
        var shards = _folder.Shards(3, 10);
        MixtureSource Make(Share share) => new(
            [
                (new WebDataset(shards, 1, 4, share), 3),
                (new ListedPictures(Table(7), 1, share), 1),
            ],
            5, share);
        using var mixture = Make(Share.All);
        var drawn = Enumerable.Range(0, 4000).Select(_ => mixture.Next().Captions()[0]).ToArray();
        Assert.InRange(drawn.Count(caption => caption.StartsWith("sample", StringComparison.Ordinal)), 2900, 3100);
        // Each source keeps its own epochs.
        Assert.Equal(7, drawn.Where(caption => caption.StartsWith("row", StringComparison.Ordinal)).Take(7).Distinct().Count());
        Assert.Equal(30, drawn.Where(caption => caption.StartsWith("sample", StringComparison.Ordinal)).Take(30).Distinct().Count());
        using var other = Make(Share.All);
        other.Restore(mixture.Save());
        Assert.Equal(Take(mixture, 50), Take(other, 50));

        // Two processes draw what one would, from sources that they share.
        var two = Enumerable.Range(0, 2).Select(part => Make(new Share(part, 2))).ToArray();
        var kinds = Enumerable.Range(0, 40).Select(i => two[i % 2].Next().Captions()[0][..3]).ToArray();
        Assert.Equal(drawn.Take(40).Select(caption => caption[..3]), kinds);
        using var one = Make(Share.All);
        one.Restore([.. two.Select(source => source.Save())]);
        Assert.Equal(drawn.Skip(40).Take(20).Select(caption => caption[..3]), Take(one, 20).Select(caption => caption[..3]));
    }

    public void Dispose() => _folder.Dispose();

    private static List<string> Take(ICaptionedSource source, int count) => [.. Enumerable.Range(0, count).Select(_ => source.Next().Captions()[0])];

    private static List<string> UntilEpoch(ICaptionedSource source, long epoch)
    {
        var captions = new List<string>();
        for (var sample = source.Next(); sample.Epoch < epoch; sample = source.Next())
        {
            captions.Add(sample.Captions()[0]);
        }

        return captions;
    }

    private CaptionedFiles Table(int rows)
    {
        var table = new CaptionedFiles("table", _folder.Path);
        for (var row = 0; row < rows; row++)
        {
            var number = row.ToString(CultureInfo.InvariantCulture);
            table.AddCaption(table.Add($"{number}.jpg"), $"row {number}");
        }

        return table.Complete();
    }

    /// <summary>Holds for shards and for lists, with 1 to 5 processes, any number of steps and then 1 to 5 processes.</summary>
    private void Check(Func<Func<Share, ICaptionedSource>, int, int, int, int, bool> holds)
    {
        var shards = _folder.Shards(3, 11);
        var table = Table(23);
        var cases = Gen.Choose(1, 5).SelectMany(parts => Gen.Choose(1, 5).SelectMany(later => Gen.Choose(0, 9).Select(steps => (parts, later, steps))));
        Prop.ForAll(cases.ToArbitrary(), one =>
            holds(share => new WebDataset(shards, 3, 6, share), one.parts, one.later, one.steps, 33)
            && holds(share => new ListedPictures(table, 3, share), one.parts, one.later, one.steps, 23)).QuickCheckThrowOnFailure();
    }
}
