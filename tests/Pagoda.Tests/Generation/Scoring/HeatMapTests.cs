using FsCheck;
using FsCheck.Fluent;
using Pagoda.Formats.Images;
using Pagoda.Generation.Scoring;

namespace Pagoda.Tests.Generation.Scoring;

public sealed class HeatMapTests
{
    [Fact]
    public void Normalize_OneExtremePixel_DoesNotDarkenTheOthers()
    {
        float[] heat = [.. Enumerable.Range(0, 1000).Select(i => i % 10), 1e6f];
        var normalized = HeatMap.Normalize(heat);
        Assert.Equal(1, normalized[^1]);
        Assert.Equal(5 / 9f, normalized[5], 5);
    }

    [Fact]
    public void Normalize_AnyHeat_IsInRangeAndKeepsTheOrder() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonEmptyArray<ushort>>(), heat =>
        {
            float[] values = [.. heat.Item.Select(value => (float)value)];
            var normalized = HeatMap.Normalize(values);
            return normalized.All(value => value is >= 0 and <= 1)
                && values.Zip(normalized).OrderBy(pair => pair.First).Select(pair => pair.Second).Pairwise().All(pair => pair.Item1 <= pair.Item2);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Draw_Ramp_RisesInLightnessEverywhere()
    {
        var ramp = HeatMap.Draw([.. Enumerable.Range(0, 256).Select(i => i / 255f)], 16).Pixels.Chunk(3).Select(Lightness).ToArray();
        Assert.All(Enumerable.Range(8, 248), i => Assert.True(ramp[i] > ramp[i - 8], $"{i}"));
        // Evenly: no eighth of the way climbs more than twice what another does.
        var climbs = Enumerable.Range(0, 7).Select(i => ramp[(i + 1) * 32] - ramp[i * 32]).ToArray();
        Assert.True(climbs.Max() < 2 * climbs.Min(), string.Join(' ', climbs));
    }

    [Fact]
    public void Overlay_NoHeat_LeavesThePictureGreyAndDark()
    {
        var white = new Picture(4, 4, 3, [.. Enumerable.Repeat((byte)255, 48)]);
        var cold = HeatMap.Overlay(white, new float[16]).Pixels;
        var hot = HeatMap.Overlay(white, [.. Enumerable.Repeat(0.5f, 16)]).Pixels;
        Assert.InRange(cold.Max() - cold.Min(), 0, 12);
        Assert.True(hot[0] - hot[2] > 30);
    }

    /// <summary>L* of CIE 1976 from sRGB.</summary>
    private static double Lightness(byte[] rgb)
    {
        var linear = rgb.Select(value => value / 255.0).Select(v => v <= 0.04045 ? v / 12.92 : Math.Pow((v + 0.055) / 1.055, 2.4)).ToArray();
        var y = (0.2126 * linear[0]) + (0.7152 * linear[1]) + (0.0722 * linear[2]);
        return y > 0.008856 ? (116 * Math.Cbrt(y)) - 16 : 903.3 * y;
    }
}

internal static class Pairs
{
    public static IEnumerable<(T, T)> Pairwise<T>(this IEnumerable<T> items)
    {
        var all = items.ToArray();
        return all.Zip(all.Skip(1));
    }
}
