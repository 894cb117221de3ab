using FsCheck;
using FsCheck.Fluent;
using Pagoda.Data;
using Pagoda.Data.Resizing;
using Pagoda.Data.Scenes;

namespace Pagoda.Tests.Data;

public class CutOutTests
{
    /// <summary>A red disc with a white eye, anti-aliased, on white: 64 x 64 RGB.</summary>
    private static byte[] Drawing()
    {
        var rgb = new byte[64 * 64 * 3];
        for (var y = 0; y < 64; y++)
        {
            for (var x = 0; x < 64; x++)
            {
                var (dx, dy) = (x - 31.5f, y - 31.5f);
                var r = MathF.Sqrt(dx * dx + dy * dy);
                var red = Math.Clamp(24.5f - r, 0, 1) * Math.Clamp(r - 6, 0, 1);
                var at = (y * 64 + x) * 3;
                (rgb[at], rgb[at + 1], rgb[at + 2]) = ((byte)(255 - red * 35), (byte)(255 - red * 215), (byte)(255 - red * 215));
            }
        }

        return rgb;
    }

    [Fact]
    public void Cut_ObjectOnWhite_EdgesAreTransparentRedAndTheEyeStays()
    {
        var sprite = BackgroundRemoval.Cut(64, 64, Drawing(), 64, lossy: false, openHoles: false)!;
        Assert.InRange(sprite.Width, 48, 50);
        var middle = (sprite.Height / 2 * sprite.Width + sprite.Width / 2) * 4;
        Assert.Equal([255, 255, 255, 255], sprite.Pixels[middle..(middle + 4)]);
        Assert.Equal(0, sprite.Pixels[3]);
        var edges = 0;
        for (var i = 0; i < sprite.Pixels.Length; i += 4)
        {
            var alpha = sprite.Pixels[i + 3];
            if (alpha is > 60 and < 200)
            {
                edges++;
                // Premultiplied red: a white rim would have as much green as alpha.
                Assert.True(sprite.Pixels[i + 1] < alpha * 0.35, $"green {sprite.Pixels[i + 1]} of alpha {alpha}");
            }
        }

        Assert.True(edges > 40);
    }

    [Fact]
    public void Cut_PutBackOnWhite_IsTheDrawing()
    {
        var drawing = Drawing();
        var sprite = BackgroundRemoval.Cut(64, 64, drawing, 64, lossy: false, openHoles: false)!;
        var picture = new float[3 * 64 * 64];
        SpriteRenderer.Fill(picture, 64, Backgrounds.White);
        SpriteRenderer.Draw(picture, 64, sprite, 32, 32, Math.Max(sprite.Width, sprite.Height), mirrored: false, recoloring: null);
        for (var i = 0; i < 64 * 64; i++)
        {
            Assert.InRange(picture[64 * 64 + i] * 255 - drawing[i * 3 + 1], -12f, 12f);
        }
    }

    [Fact]
    public void Cut_OpenHoles_TheEnclosedWhiteIsSeenThrough()
    {
        var sprite = BackgroundRemoval.Cut(64, 64, Drawing(), 64, lossy: false, openHoles: true)!;
        Assert.Equal(0, sprite.Pixels[(sprite.Height / 2 * sprite.Width + sprite.Width / 2) * 4 + 3]);
    }

    [Fact]
    public void Cut_RipplesOfJpeg_VanishFromTheGround()
    {
        var drawing = Drawing();
        for (var i = 0; i < 40; i++)
        {
            var at = (2 * 64 + i + 10) * 3;
            drawing[at] = drawing[at + 1] = drawing[at + 2] = (byte)(i % 3 == 0 ? 240 : 255);
        }

        var sprite = BackgroundRemoval.Cut(64, 64, drawing, 64, lossy: true, openHoles: false)!;
        Assert.InRange(sprite.Height, 46, 50);
    }

    [Fact]
    public void Cut_NothingButWhite_IsNothing() =>
        Assert.Null(BackgroundRemoval.Cut(8, 8, Enumerable.Repeat((byte)255, 192).ToArray(), 8, lossy: false, openHoles: false));

    [Fact]
    public void Resize_AnyConstant_StaysThatConstant() =>
        Prop.ForAll(Arb.From(Gen.Choose(1, 70).Four()), sides =>
        {
            var source = new float[sides.Item1 * sides.Item2];
            Array.Fill(source, 0.75f);
            var result = AreaResize.Resize(source, sides.Item1, sides.Item2, 1, sides.Item3, sides.Item4);
            return result.Length == sides.Item3 * sides.Item4 && result.All(value => MathF.Abs(value - 0.75f) < 1e-5f);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Draw_AnySizeAndPlace_KeepsTheCoveredArea() =>
        Prop.ForAll(Arb.From(Gen.Choose(0, 1_000_000)), seed =>
        {
            var random = new SampleRandom((ulong)seed, 0);
            var side = random.Between(8, 40);
            var half = side / 2 + 2;
            var picture = new float[3 * 64 * 64];
            SpriteRenderer.Draw(picture, 64, DrawnEmoji.Disc(80, 255, 255, 255), random.Between(half, 64 - half), random.Between(half, 64 - half), side, seed % 2 == 0, null);
            var covered = picture.Take(64 * 64).Sum();
            return MathF.Abs(covered - MathF.PI * side * side / 4) < 0.03f * MathF.PI * side * side / 4;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Draw_Mirrored_IsTheMirrorImage()
    {
        var pixels = new byte[10 * 10 * 4];
        for (var i = 0; i < 100; i++)
        {
            (pixels[i * 4], pixels[i * 4 + 3]) = ((byte)(i % 10 * 25), 255);
        }

        float[] plain = new float[3 * 32 * 32], mirrored = new float[3 * 32 * 32];
        SpriteRenderer.Draw(plain, 32, new Sprite(10, 10, pixels), 16, 16, 20, mirrored: false, null);
        SpriteRenderer.Draw(mirrored, 32, new Sprite(10, 10, pixels), 16, 16, 20, mirrored: true, null);
        for (var x = 0; x < 32; x++)
        {
            Assert.Equal(plain[16 * 32 + x], mirrored[16 * 32 + 31 - x], 4);
        }
    }
}
