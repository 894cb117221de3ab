namespace Pagoda.Data.Scenes;

/// <summary>Hue in degrees [0, 360), saturation and value in [0, 1].</summary>
internal static class Hsv
{
    public static (float Hue, float Saturation, float Value) FromRgb(float r, float g, float b)
    {
        var high = MathF.Max(r, MathF.Max(g, b));
        var range = high - MathF.Min(r, MathF.Min(g, b));
        if (range <= 0)
        {
            return (0, 0, high);
        }

        var hue = high == r ? (g - b) / range : high == g ? 2 + (b - r) / range : 4 + (r - g) / range;
        return (Wrap(hue * 60), range / high, high);
    }

    public static (float R, float G, float B) ToRgb(float hue, float saturation, float value)
    {
        var sector = hue / 60;
        var low = value * (1 - saturation);
        var range = value - low;
        return (low + range * Share(sector, 0), low + range * Share(sector, 2), low + range * Share(sector, 4));

        // A channel rises and falls around its own sector: 1 within one sector of it, 0 beyond two.
        static float Share(float sector, float own)
        {
            var away = MathF.Abs(sector - own);
            away = MathF.Min(away, 6 - away);
            return Math.Clamp(2 - away, 0, 1);
        }
    }

    /// <summary>The signed way from <paramref name="from"/> to <paramref name="hue"/>, in [-180, 180).</summary>
    public static float Difference(float hue, float from)
    {
        var away = hue - from;
        return away >= 180 ? away - 360 : away < -180 ? away + 360 : away;
    }

    public static float Wrap(float hue) => hue < 0 ? hue + 360 : hue >= 360 ? hue - 360 : hue;
}
