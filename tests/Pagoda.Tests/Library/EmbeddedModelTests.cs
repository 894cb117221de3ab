using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.ClipGen;
using Pagoda.Torch;

namespace Pagoda.Tests.Library;

/// <summary>The models that come along, drawn with as a user does.</summary>
public sealed class EmbeddedModelTests
{
    private static readonly string s_folder = Path.Combine(SharedFolder.RepositoryRoot, "models", "emoji");

    [Fact]
    public void Folder_IsBelow40Megabytes()
    {
        var bytes = Directory.EnumerateFiles(s_folder).Sum(file => new FileInfo(file).Length);
        Assert.InRange(bytes, 1_000_000, 40_000_000);
    }

    [Fact]
    public void Draw_RedApple_IsRedInTheMiddle_AndLighterAround()
    {
        using var painter = Painter.Load(s_folder, Device.Cpu);
        var drawn = painter.Paint("a red apple on a white background", new PaintOptions { Method = PaintMethod.ClipGen, Seed = 1 });

        Assert.Equal((64, 64), (drawn.Picture.Width, drawn.Picture.Height));
        var (middle, corner) = (Mean(drawn.Picture, 24, 28, 40, 44), Mean(drawn.Picture, 0, 0, 6, 6));
        Assert.True(middle.Red > middle.Green + 40 && middle.Red > middle.Blue + 40, $"the middle is {middle}");
        Assert.True(corner.Green > middle.Green + 40, $"the corner is {corner}, the middle {middle}");
    }

    [Fact]
    public void Draw_OtherPrompts_OtherPictures_AndChoosingHelps()
    {
        using var painter = Painter.Load(s_folder, Device.Cpu);
        PaintOptions Drawn(int candidates) => new() { Method = PaintMethod.ClipGen, Seed = 3, ClipGen = painter.Defaults.ClipGen with { Candidates = candidates } };

        var (one, best) = (painter.Paint("a green tree", Drawn(1)), painter.Paint("a green tree", Drawn(8)));

        Assert.True(best.Energy <= one.Energy);
        Assert.NotEqual(best.Picture.Pixels, painter.Paint("a blue car", Drawn(8)).Picture.Pixels);
    }

    [Fact]
    public void NoMethod_DrawsWithWordsMoved_AsMeasuresBest()
    {
        using var painter = Painter.Load(s_folder, Device.Cpu);
        var request = painter.Complete(new GenerationRequest("a red apple"));
        Assert.Equal((PaintMethod.ClipGen, false, 32, 1.0), (request.Method, request.Refine == true, request.ClipGen!.Candidates, request.ClipGen.Modality));
        Assert.NotNull(painter.Networks().Modality);
    }

    private static (double Red, double Green, double Blue) Mean(Picture picture, int left, int top, int right, int bottom)
    {
        var sums = new double[3];
        for (var y = top; y < bottom; y++)
        {
            for (var x = left; x < right; x++)
            {
                for (var channel = 0; channel < 3; channel++)
                {
                    sums[channel] += picture.Pixels[(((y * picture.Width) + x) * 3) + channel];
                }
            }
        }

        var count = (right - left) * (bottom - top);
        return (sums[0] / count, sums[1] / count, sums[2] / count);
    }
}
