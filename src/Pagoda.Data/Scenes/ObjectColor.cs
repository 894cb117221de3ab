namespace Pagoda.Data.Scenes;

/// <summary>What colour a sprite has, as a person would name it.</summary>
/// <param name="Name">The colour's name where one colour covers most of the object, else null.</param>
/// <param name="Recolorable">Whether a saturated colour dominates, so that shifting its hue recolours the object.</param>
/// <param name="Hue">The dominant hue in degrees.</param>
/// <param name="Saturation">The mean saturation of the pixels near that hue, in [0, 1].</param>
/// <param name="Value">The mean HSV value of the pixels near that hue, in [0, 1].</param>
internal readonly record struct ObjectColor(string? Name, bool Recolorable, float Hue, float Saturation, float Value)
{
    /// <summary>The share of an object that one named colour must cover to be the object's colour.</summary>
    private const double NamedShare = 0.6;

    /// <summary>The share of an object that hues near the dominant one must cover to recolour it convincingly.</summary>
    private const double RecolorShare = 0.5;

    /// <summary>Half the width, in degrees, of the hues that belong to the dominant one.</summary>
    public const float HueWindow = 32;

    public static ObjectColor Of(Sprite sprite)
    {
        var counts = new Dictionary<string, int>();
        var hues = new float[36];
        var opaque = 0;
        var pixels = sprite.Pixels;
        for (var i = 0; i < pixels.Length; i += 4)
        {
            if (pixels[i + 3] < 200)
            {
                continue;
            }

            opaque++;
            var scale = 1f / pixels[i + 3];
            var (hue, saturation, value) = Hsv.FromRgb(pixels[i] * scale, pixels[i + 1] * scale, pixels[i + 2] * scale);
            var name = ColorNames.Of(hue, saturation, value);
            counts[name] = counts.GetValueOrDefault(name) + 1;
            if (saturation > 0.25f && value > 0.2f)
            {
                hues[(int)(hue / 10) % 36] += 1;
            }
        }

        if (opaque == 0)
        {
            return default;
        }

        var named = counts.MaxBy(pair => pair.Value);
        var (dominant, share, s, v) = Dominant(pixels, hues, opaque);
        return new ObjectColor(named.Value >= NamedShare * opaque ? named.Key : null, share >= RecolorShare, dominant, s, v);
    }

    private static (float Hue, double Share, float Saturation, float Value) Dominant(byte[] pixels, float[] hues, int opaque)
    {
        var best = 0;
        var bestCount = -1f;
        for (var bin = 0; bin < 36; bin++)
        {
            var count = hues[(bin + 35) % 36] + hues[bin] + hues[(bin + 1) % 36];
            if (count > bestCount)
            {
                (best, bestCount) = (bin, count);
            }
        }

        var centre = best * 10 + 5f;
        double offset = 0, saturation = 0, value = 0;
        var near = 0;
        for (var i = 0; i < pixels.Length; i += 4)
        {
            if (pixels[i + 3] < 200)
            {
                continue;
            }

            var scale = 1f / pixels[i + 3];
            var (h, s, v) = Hsv.FromRgb(pixels[i] * scale, pixels[i + 1] * scale, pixels[i + 2] * scale);
            var away = Hsv.Difference(h, centre);
            if (s > 0.25f && v > 0.2f && MathF.Abs(away) <= HueWindow)
            {
                near++;
                offset += away;
                saturation += s;
                value += v;
            }
        }

        return near == 0
            ? (0, 0, 0, 0)
            : (Hsv.Wrap(centre + (float)(offset / near)), near / (double)opaque, (float)(saturation / near), (float)(value / near));
    }
}
