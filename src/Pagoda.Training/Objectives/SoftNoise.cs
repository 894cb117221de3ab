using Pagoda.Torch;

namespace Pagoda.Training.Objectives;

/// <summary>The pictures that paintings begin with: near white, with faint clouds and grain.</summary>
public static class SoftNoise
{
    private const double Level = 0.9;
    private const double Clouds = 0.08;
    private const double Grain = 0.02;

    /// <summary>Draws <c>[count, 3, size, size]</c> in [0, 1] from the default generator.</summary>
    public static Tensor Draw(int count, int size, Device device)
    {
        var clouds = Ops.Randn([count, 3, 8, 8], device: device).UpsampleBilinear2d([size, size], false) * Clouds;
        return (clouds + (Ops.Randn([count, 3, size, size], device: device) * Grain) + Level).Clamp(0, 1);
    }
}
