using System.Diagnostics;
using System.Globalization;
using Pagoda.Formats.Images;

namespace Pagoda.Tests.Formats.Images;

/// <summary>Damaged files of every format end in a <see cref="PictureException"/> or a picture, never in anything else.</summary>
public class HostileFileTests
{
    private static readonly DecodeLimits Limits = new() { MaximumPixels = 1 << 20, MaximumBytes = 16 << 20 };

    [Fact]
    public void Decode_RefusesEveryTruncation()
    {
        foreach (var name in Samples.Names())
        {
            var file = Samples.Bytes(name);
            for (var length = 0; length < file.Length; length++)
            {
                var complete = Survives(file.AsSpan(0, length), $"{name} cut to {length} bytes");
                Assert.False(complete && !MayMiss(name, file.Length - length), $"{name} cut to {length} of {file.Length} bytes was taken for whole");
            }
        }
    }

    [Theory]
    [InlineData(".png")]
    [InlineData(".jpg")]
    [InlineData(".webp")]
    public void Decode_SurvivesMutations(string extension)
    {
        var seeds = Samples.Names().Where(name => name.EndsWith(extension, StringComparison.Ordinal)).Select(Samples.Bytes).ToArray();
        var time = Stopwatch.StartNew();
        var decoded = 0;
        for (var round = 0; time.Elapsed.TotalSeconds < Seconds(); round++)
        {
            // Numbered rounds, so that a crash is found again by running as long.
            var random = new Random(round);
            var file = Mutate(seeds[random.Next(seeds.Length)], seeds, random);
            decoded += Survives(file, $"round {round}") ? 1 : 0;
        }

        Assert.True(decoded > 0, "no mutation was ever decoded, so the decoders were hardly reached");
    }

    private static double Seconds() =>
        double.TryParse(Environment.GetEnvironmentVariable("PAGODA_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out var seconds) ? seconds : 3;

    // A JPEG without its last marker, and a WebP without a padding byte or a remark behind its pixels, are whole.
    private static bool MayMiss(string name, int bytes) =>
        bytes <= (name.EndsWith(".jpg", StringComparison.Ordinal) ? 2 : name.EndsWith(".webp", StringComparison.Ordinal) ? 1 : 0);

    private static bool Survives(ReadOnlySpan<byte> file, string what)
    {
        var taken = true;
        try
        {
            var picture = PictureFile.Decode(file, limits: Limits);
            Assert.Equal(picture.Width * picture.Height * picture.Channels, picture.Pixels.Length);
            Assert.Equal(picture.Width * picture.Height * 3, picture.ToRgb().Pixels.Length);
        }
        catch (PictureException)
        {
            taken = false;
        }
        catch (Exception other)
        {
            Assert.Fail($"{what}: {other}");
        }

        if (file.StartsWith(PngChunks.Signature))
        {
            try
            {
                PictureFile.ReadPngTexts(file);
            }
            catch (PictureException)
            {
            }
        }

        return taken;
    }

    private static byte[] Mutate(byte[] seed, byte[][] seeds, Random random)
    {
        var file = seed.ToList();
        for (var edits = random.Next(1, 6); edits > 0 && file.Count > 16; edits--)
        {
            var at = random.Next(random.Next(2) == 0 ? Math.Min(file.Count, 64) : file.Count);
            switch (random.Next(6))
            {
                case 0:
                    file[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    file[at] = (byte)random.Next(256);
                    break;
                case 2:
                    file[at] = (byte)(random.Next(2) * 255);
                    break;
                case 3:
                    file.RemoveRange(at, Math.Min(random.Next(1, 32), file.Count - at));
                    break;
                case 4:
                    file.InsertRange(at, file.GetRange(at, Math.Min(random.Next(1, 32), file.Count - at)));
                    break;
                default:
                    var other = seeds[random.Next(seeds.Length)];
                    var from = random.Next(other.Length);
                    file.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(1, 64))]);
                    break;
            }
        }

        var bytes = file.ToArray();
        if (random.Next(4) != 0)
        {
            MendCheckSums(bytes);
        }

        return bytes;
    }

    // Right sums behind wrong contents, so that a PNG's mutations get past the first check.
    private static void MendCheckSums(byte[] file)
    {
        ReadOnlySpan<byte> whole = file;
        if (!whole.StartsWith(PngChunks.Signature))
        {
            return;
        }

        for (var rest = whole[PngChunks.Signature.Length..]; PngChunks.TryTake(ref rest, out var chunk);)
        {
            var end = file.Length - rest.Length;
            PngChunks.Make(chunk.Type, chunk.Body).AsSpan(^4..).CopyTo(file.AsSpan(end - 4));
        }
    }
}
