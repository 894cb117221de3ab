using System.Text;
using Pagoda.Data;
using Pagoda.Data.Shards;
using Pagoda.Formats.Images;

namespace Pagoda.Tests.Data;

public sealed class WebDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(5000)]
    public void Next_AnyBuffer_EachSampleOnceAnEpochInAnotherOrder(int buffer)
    {
        using var data = new WebDataset(_folder.Shards(4, 9), 1, buffer);
        var first = Take(data, 36);
        var second = Take(data, 36);
        Assert.Equal(36, first.Distinct().Count());
        Assert.Equal(first.Order(), second.Order());
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void Next_LargeBuffer_MixesShards()
    {
        using var data = new WebDataset(_folder.Shards(4, 50), 1);
        var shards = Take(data, 20).Select(caption => caption.Split('/')[0]).Distinct();
        Assert.True(shards.Count() >= 3);
    }

    [Fact]
    public void Restore_AtEveryPosition_TheRestIsTheSame()
    {
        var shards = _folder.Shards(3, 5);
        using var data = new WebDataset(shards, 4, buffer: 6);
        var captions = new List<string>();
        var positions = new List<string>();
        for (var i = 0; i < 50; i++)
        {
            positions.Add(data.Save());
            captions.Add(data.Next().Captions()[0]);
        }

        for (var i = 0; i < 40; i++)
        {
            using var other = new WebDataset(shards, 4, buffer: 6);
            other.Restore(positions[i]);
            Assert.Equal(positions[i], other.Save());
            Assert.Equal(captions.Skip(i).Take(10), Take(other, 10));
        }
    }

    [Fact]
    public void Next_InParts_NoSampleTwice()
    {
        var shards = _folder.Shards(5, 4);
        using var a = new WebDataset(shards, 1, share: new Share(0, 2));
        using var b = new WebDataset(shards, 1, share: new Share(1, 2));
        var seen = Take(a, 12).Concat(Take(b, 8)).ToArray();
        Assert.Equal(20, seen.Distinct().Count());
    }

    [Fact]
    public void Next_NothingUsable_SaysSoInsteadOfTurningForEver()
    {
        using var data = new WebDataset([_folder.Tar("a.tar", [("0.txt", [65])])], 1);
        Assert.Contains("a.tar", Assert.Throws<DataException>(() => Enumerable.Range(0, 3).Select(_ => data.Next()).Count()).Message);
    }

    [Fact]
    public void New_MissingShard_NamesIt() => Assert.Contains("gone.tar", Assert.Throws<DataException>(() => new WebDataset(["gone.tar"], 1)).Message);

    [Fact]
    public void Next_Decoded_PicturesAreRightBrokenOnesReplacedAndThePositionExact()
    {
        var shards = Enumerable.Range(0, 2).Select(s => _folder.Tar($"p{s}.tar", Enumerable.Range(0, 10).SelectMany(i => new[]
        {
            ($"{s}{i}.png", i == 3 ? [1, 2, 3] : Flat((byte)(s * 100 + i * 10))),
            ($"{s}{i}.txt", Encoding.UTF8.GetBytes($"{s * 100 + i * 10}\n{s * 100 + i * 10} again")),
        }))).ToArray();
        var log = new List<string>();
        DecodedSource Make(int threads) =>
            new(new WebDataset(shards, 1, buffer: 8), new Crop { Size = 8, Scale = (0.5, 1) }, 1, threads, new LeftOutReport(log: log.Add));
        using var data = Make(threads: 3);
        for (var n = 0; n < 9; n++)
        {
            var batch = data.Next(6);
            for (var i = 0; i < 6; i++)
            {
                var value = int.Parse(batch.Captions[i].Split(' ')[0]) / 255f;
                Assert.All(batch.Image(i).ToArray(), pixel => Assert.Equal(value, pixel, 5));
            }
        }

        Assert.True(data.LeftOut.Count >= 4);
        Assert.Equal(2, log.Count);
        Assert.Contains("03 of", string.Concat(log));
        var position = data.Save();
        using var other = new PrefetchingSource(Make(threads: 1), 2);
        other.Restore(position);
        for (var n = 0; n < 5; n++)
        {
            BatchSourceTests.AssertSame(data.Next(5), other.Next(5));
            Assert.Equal(data.Save(), other.Save());
        }
    }

    [Fact]
    public void Apply_CenterCrop_TakesTheLargestSquareOfTheMiddle()
    {
        var pixels = new byte[30 * 10 * 3];
        for (var i = 0; i < 300; i++)
        {
            pixels[i * 3] = (byte)(i % 30 is >= 10 and < 20 ? 255 : 0);
        }

        var random = new SampleRandom(1, 1);
        var image = new byte[3 * 5 * 5];
        new Crop { Size = 5, Center = true }.Apply(new Picture(30, 10, 3, pixels), ref random, image);
        Assert.All(image.Take(25), value => Assert.Equal(255, value));
        Assert.All(image.Skip(25), value => Assert.Equal(0, value));
    }

    [SharedFact("data", "photos", "coco")]
    public void Next_RealPhotographs_Decode()
    {
        var shards = ShardPattern.Expand(SharedFolder.File("data", "photos", "coco", "*.tar"));
        using var data = new DecodedSource(new WebDataset(shards, 1), new Crop { Size = 64 }, 1);
        var batch = data.Next(16);
        Assert.Equal(0, data.LeftOut.Count);
        Assert.All(batch.Captions, caption => Assert.True(caption.Length > 10));
        Assert.True(batch.Images.Max() > 0.8f && batch.Images.Min() < 0.2f);
    }

    private static byte[] Flat(byte value) => PictureFile.EncodePng(new Picture(12, 9, 3, [.. Enumerable.Repeat(value, 12 * 9 * 3)]));

    private static List<string> Take(ICaptionedSource data, int count) => [.. Enumerable.Range(0, count).Select(_ => data.Next().Captions()[0])];

    public void Dispose() => _folder.Dispose();
}
