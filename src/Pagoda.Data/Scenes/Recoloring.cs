using System.Runtime.Intrinsics;

namespace Pagoda.Data.Scenes;

/// <summary>Gives an object another colour: pixels near its dominant hue are turned to the target's hue, saturation and
/// brightness, the rest (an apple's leaf, eyes, outlines) stays.</summary>
internal readonly struct Recoloring
{
    private readonly ObjectColor _own;
    private readonly float _hue;
    private readonly float _saturationGain;
    private readonly float _valueGain;

    public Recoloring(ObjectColor own, string target)
    {
        var (_, hue, saturation, value) = ColorNames.Targets.First(color => color.Name == target);
        _own = own;
        _hue = hue;
        _saturationGain = Math.Clamp(saturation / own.Saturation, 0.5f, 1.6f);
        _valueGain = Math.Clamp(value / own.Value, 0.5f, 1.7f);
    }

    /// <summary>Recolours one premultiplied RGBA pixel with channels in [0, 1].</summary>
    public Vector128<float> Apply(Vector128<float> pixel)
    {
        var alpha = pixel[3];
        if (alpha < 1e-3f)
        {
            return pixel;
        }

        var (hue, saturation, value) = Hsv.FromRgb(pixel[0] / alpha, pixel[1] / alpha, pixel[2] / alpha);
        var away = Hsv.Difference(hue, _own.Hue);
        // Full effect within the window, none 15 degrees beyond it; greys and blacks keep their colour.
        var near = Math.Clamp((ObjectColor.HueWindow + 15 - MathF.Abs(away)) / 15, 0, 1);
        var colored = Math.Clamp((saturation - 0.06f) / 0.12f, 0, 1) * Math.Clamp((value - 0.08f) / 0.12f, 0, 1);
        var weight = near * colored;
        if (weight <= 0)
        {
            return pixel;
        }

        var (r, g, b) = Hsv.ToRgb(
            Hsv.Wrap(Hsv.Wrap(_hue + away * 0.35f)), Math.Min(1, saturation * _saturationGain), Math.Min(1, value * _valueGain));
        var turned = Vector128.Create(r * alpha, g * alpha, b * alpha, alpha);
        return pixel + (turned - pixel) * weight;
    }
}
