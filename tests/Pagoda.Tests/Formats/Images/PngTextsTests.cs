using FsCheck;
using FsCheck.Fluent;
using System.IO.Compression;
using Pagoda.Formats.Images;

namespace Pagoda.Tests.Formats.Images;

public class PngTextsTests
{
    private static readonly Picture Dot = new(1, 1, 3, [1, 2, 3]);

    [Fact]
    public void ReadPngTexts_ReadsWhatPillowWrote() =>
        Assert.Equal(
            [new("parameters", "a cat\nSteps: 20, Seed: 7"), new("Comment", "straße"), new("Title", "塔 🗼"), new("Plain", "Ünï 塔")],
            PictureFile.ReadPngTexts(Samples.Bytes("texts.png")));

    [Fact]
    public void ReadPngTexts_ReadsWhatEncodePngWrote() =>
        Prop.ForAll(ArbMap.Default.ArbFor<UnicodeString>(), text =>
        {
            var clean = new string([.. (text.Item ?? string.Empty).Where(c => c != '\0' && !char.IsSurrogate(c))]);
            var file = PictureFile.EncodePng(Dot, [new("parameters", clean), new("Straße & co", clean + "🗼")]);
            return PictureFile.ReadPngTexts(file).SequenceEqual([new("parameters", clean), new("Straße & co", clean + "🗼")])
                && PictureFile.Decode(file).Pixels.SequenceEqual(Dot.Pixels);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("", "x")]
    [InlineData(" a", "x")]
    [InlineData("a  b", "x")]
    [InlineData("塔", "x")]
    [InlineData("a\nb", "x")]
    [InlineData("ok", "NUL \0")]
    public void EncodePng_RefusesTextsThatCannotBeKept(string keyword, string text) =>
        Assert.Throws<PictureException>(() => PictureFile.EncodePng(Dot, [new(keyword, text)]));

    [Fact]
    public void EncodePng_RefusesHalfASurrogatePair() =>
        Assert.Contains("character 5", Assert.Throws<PictureException>(() => PictureFile.EncodePng(Dot, [new("ok", "half \uD83D")])).Message, StringComparison.Ordinal);

    [Fact]
    public void ReadPngTexts_RefusesABomb()
    {
        using var deflated = new MemoryStream();
        using (var deflater = new ZLibStream(deflated, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 64; i++)
            {
                deflater.Write(zeros);
            }
        }

        var bomb = WithChunk(PngChunks.Make("zTXt"u8, [.. "parameters"u8, 0, 0, .. deflated.ToArray()]));
        Assert.InRange(bomb.Length, 0, 100_000);
        Assert.Contains("16 MB", Refusal(bomb), StringComparison.Ordinal);
        Assert.Equal(Dot.Pixels, PictureFile.Decode(bomb).Pixels);
    }

    [Fact]
    public void ReadPngTexts_RefusesDamage()
    {
        var file = PictureFile.EncodePng(Dot, [new("parameters", "a cat")]);
        file[50] ^= 1;
        Assert.Contains("check sum of the chunk at byte 33", Refusal(file), StringComparison.Ordinal);
        Assert.Contains("does not end", Refusal(WithChunk(PngChunks.Make("tEXt"u8, "parameters"u8))), StringComparison.Ordinal);
        Assert.Contains("iTXt", Refusal(WithChunk(PngChunks.Make("iTXt"u8, [(byte)'a', 0, 0, 0, 0, 0, 0xFF]))), StringComparison.Ordinal);
        Assert.Contains("deflate", Refusal(WithChunk(PngChunks.Make("zTXt"u8, [(byte)'a', 0]))), StringComparison.Ordinal);
        Assert.Contains("no", Refusal(Samples.Bytes("rgb.jpg")), StringComparison.Ordinal);
    }

    [Fact]
    public void ReadPngTexts_RefusesDamagedDeflate()
    {
        byte[] presetDictionary = [0x78, 0x20, 1, 2, 3, 4, 5, 6];
        byte[] nonsense = [0x78, 0x9C, 0xFF, 0xFF, 0xFF];
        foreach (var deflated in new[] { presetDictionary, nonsense })
        {
            Assert.Contains("zTXt", Refusal(WithChunk(PngChunks.Make("zTXt"u8, [(byte)'a', 0, 0, .. deflated]))), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ReadPngTexts_RefusesEveryTruncation()
    {
        var file = Samples.Bytes("texts.png");
        for (var length = 0; length < file.Length; length++)
        {
            Refusal(file[..length]);
        }
    }

    private static byte[] WithChunk(byte[] chunk)
    {
        var file = PictureFile.EncodePng(Dot);
        return [.. file.AsSpan(0, 33), .. chunk, .. file.AsSpan(33)];
    }

    private static string Refusal(byte[] file) => Assert.Throws<PictureException>(() => PictureFile.ReadPngTexts(file)).Message;
}
