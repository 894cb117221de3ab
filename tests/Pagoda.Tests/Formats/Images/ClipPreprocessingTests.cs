using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Pagoda.Formats.Images;

namespace Pagoda.Tests.Formats.Images;

public class ClipPreprocessingTests
{
    [SharedFact("parity", "preprocess.safetensors")]
    public void Apply_EqualsTheReferenceTransform()
    {
        var compared = 0;
        foreach (var (name, expected) in Fixture(SharedFolder.File("parity", "preprocess.safetensors")))
        {
            var dot = name.LastIndexOf('.');
            var picture = PictureFile.Load(SharedFolder.File("parity", "preprocess_images", name["fixture.output.".Length..dot]));
            var planes = new ClipPreprocessing(int.Parse(name[(dot + 1)..])).Apply(picture);
            Assert.Equal(expected.Length, planes.Length);
            for (var i = 0; i < planes.Length; i++)
            {
                Assert.True(Math.Abs(planes[i] - expected[i]) <= 1e-6, $"{name}: value {i} is {planes[i]}, not {expected[i]}");
            }

            compared++;
        }

        Assert.Equal(15, compared);
    }

    [SharedFact("parity", "preprocess_images")]
    public void Decode_EqualsPillowOnAJpeg()
    {
        var photo = PictureFile.Load(SharedFolder.File("parity", "preprocess_images", "photo.jpg"));
        var expected = PictureFile.Load(SharedFolder.File("parity", "preprocess_images", "photo.decoded.png"));
        Assert.Equal((expected.Width, expected.Height, expected.Mode), (photo.Width, photo.Height, photo.Mode));
        Assert.Equal(expected.Pixels, photo.Pixels);
    }

    [Fact]
    public void Apply_OfEachModeHasTheSizeAskedFor()
    {
        foreach (var channels in new[] { 1, 2, 3, 4 })
        {
            var pixels = new byte[5 * 9 * channels];
            Array.Fill(pixels, (byte)255);
            var planes = new ClipPreprocessing(4).Apply(new Picture(5, 9, channels, pixels));
            Assert.Equal(3 * 4 * 4, planes.Length);
            Assert.All(planes.Take(16), value => Assert.Equal((1 - 0.48145466f) / 0.26862954f, value));
        }
    }

    [Fact]
    public void Apply_RoundsTheCropToEven()
    {
        // 4 x 9 at size 4: five rows too many, so the crop starts at round-half-even(2.5) = 2.
        var pixels = Enumerable.Range(0, 36).Select(i => (byte)(i / 4)).ToArray();
        Assert.Equal(2, new ClipPreprocessing(4).Square(new Picture(4, 9, 1, pixels)).Pixels[0]);
    }

    [Fact]
    public void Square_OfAThreadComputesOnlyItsCentre()
    {
        // Resized whole, this would take 10 GB.
        var thread = new Picture(200_000, 1, 3, [.. Enumerable.Repeat((byte)9, 600_000)]);
        Assert.All(new ClipPreprocessing(128).Square(thread).Pixels, value => Assert.Equal(9, value));
    }

    [Fact]
    public void Square_IsTheCentreOfTheResizedPicture()
    {
        foreach (var name in new[] { "rgb.png", "rgba.png", "grey-alpha.png", "palette4.png" })
        {
            var picture = Samples.Picture(name);
            foreach (var size in new[] { 4, 9, 30 })
            {
                var width = size * picture.Width / picture.Height;
                var filter = picture.Mode == PictureMode.Palette ? Resampling.Nearest : Resampling.Bicubic;
                var left = (int)Math.Round((width - size) / 2.0);
                var whole = picture.Resize(width, size, filter).Crop(left, 0, size, size).ToRgba().Pixels;
                var square = new ClipPreprocessing(size).Square(picture).Pixels;
                Assert.Equal(whole.Where((_, i) => i % 4 != 3), square);
            }
        }
    }

    private static IEnumerable<(string Name, float[] Values)> Fixture(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, length));
        foreach (var tensor in header.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__").ToArray())
        {
            var offsets = tensor.Value.GetProperty("data_offsets");
            var (from, to) = (offsets[0].GetInt32(), offsets[1].GetInt32());
            yield return (tensor.Name, MemoryMarshal.Cast<byte, float>(bytes.AsSpan(8 + length + from, to - from)).ToArray());
        }
    }
}
