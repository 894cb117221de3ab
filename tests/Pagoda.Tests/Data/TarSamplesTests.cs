using System.Formats.Tar;
using System.Text;
using Pagoda.Data;
using Pagoda.Data.Shards;

namespace Pagoda.Tests.Data;

public sealed class TarSamplesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Read_Samples_AreGroupedByTheNameUpToTheFirstDot()
    {
        var path = _folder.Tar("a.tar",
        [
            ("x/0001.jpg", [1]), ("x/0001.TXT", [2]), ("x/0001.seg.png", [3]), ("y/0001.jpg", [4]), ("y/0001.jpg", [5]), ("README", [6]),
            ("y/0001.txt", [7]), (".hidden", [8]),
        ]);
        var samples = TarSamples.Read(path).ToArray();
        Assert.Equal(["x/0001", "y/0001", "y/0001"], samples.Select(sample => sample.Key));
        Assert.Equal([0, 1, 2], samples.Select(sample => sample.Index));
        Assert.Equal(["jpg", "seg.png", "txt"], samples[0].Parts.Keys.Order());
        Assert.Equal(["jpg", "txt"], samples[2].Parts.Keys.Order());
        Assert.Equal([5], samples[2].Parts["jpg"]);
    }

    [Theory]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Pax)]
    public void Read_LongNames_AreWhole(TarEntryFormat format)
    {
        var key = string.Join('/', Enumerable.Repeat("a long folder name é", 12)) + "/0";
        var path = _folder.Tar("a.tar", [(key + ".jpg", [1]), (key + ".txt", [2])], format);
        var sample = Assert.Single(TarSamples.Read(path));
        Assert.Equal(key, sample.Key);
        Assert.Equal(2, sample.Parts.Count);
    }

    [Fact]
    public void Read_CutAnywhere_GivesWhatIsWholeOrSaysWhatIsWrong()
    {
        var path = _folder.Tar("a.tar", [("0.jpg", new byte[700]), ("0.txt", [1]), ("1.jpg", new byte[30])]);
        var whole = File.ReadAllBytes(path);
        var refused = 0;
        for (var length = 0; length < whole.Length; length += 13)
        {
            File.WriteAllBytes(path, whole[..length]);
            try
            {
                Assert.InRange(TarSamples.Read(path).Count(), 0, 2);
            }
            catch (DataException error)
            {
                refused++;
                Assert.Contains(path, error.Message);
            }
        }

        Assert.True(refused > 10);
    }

    [Fact]
    public void Read_MutatedFiles_NeverFailOtherwise()
    {
        var seconds = double.TryParse(Environment.GetEnvironmentVariable("PAGODA_FUZZ_SECONDS"), out var given) ? given : 3;
        var whole = File.ReadAllBytes(_folder.Tar("a.tar", [("0.jpg", new byte[700]), ("0.txt", [1]), ("1.jpg", new byte[30])], TarEntryFormat.Pax));
        var random = new Random(1);
        var path = _folder.File("b.tar");
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (watch.Elapsed.TotalSeconds < seconds)
        {
            var bytes = (byte[])whole.Clone();
            for (var n = random.Next(1, 6); n > 0; n--)
            {
                bytes[random.Next(bytes.Length)] = (byte)(random.Next(3) == 0 ? random.Next(256) : '0' + random.Next(10));
            }

            File.WriteAllBytes(path, bytes);
            try
            {
                Assert.InRange(TarSamples.Read(path).Count(), 0, 10);
            }
            catch (DataException)
            {
                // Refusing is right; anything else fails the test.
            }
        }
    }

    [Fact]
    public void Read_NoTarFile_SaysSo() =>
        Assert.Throws<DataException>(() => TarSamples.Read(_folder.Write("a.tar", Encoding.ASCII.GetBytes(new string('x', 2000)))).Count());

    [Theory]
    [InlineData("a/{000..002}.tar", "a/000.tar|a/001.tar|a/002.tar")]
    [InlineData("{8..11}.tar", "8.tar|9.tar|10.tar|11.tar")]
    [InlineData("{a,b}{1..2}.tar::c.tar", "a1.tar|a2.tar|b1.tar|b2.tar|c.tar")]
    public void Expand_Pattern_NamesTheShards(string pattern, string shards) => Assert.Equal(shards.Split('|'), ShardPattern.Expand(pattern));

    [Fact]
    public void Expand_WildCard_ListsTheFilesSorted()
    {
        _folder.Shards(3, 1);
        Assert.Equal(["00000.tar", "00001.tar", "00002.tar"], ShardPattern.Expand(_folder.File("*.tar")).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{0..3.tar")]
    [InlineData("{3..0}.tar")]
    [InlineData("{x..y}.tar")]
    [InlineData("{0..99999999}.tar")]
    [InlineData("/nowhere/*.tar")]
    public void Expand_WrongPattern_SaysSo(string pattern) => Assert.Throws<DataException>(() => ShardPattern.Expand(pattern));

    public void Dispose() => _folder.Dispose();
}
