using Pagoda.Torch;

namespace Pagoda.Generation.Augment;

/// <summary>A rectangle of a picture, in pixels.</summary>
/// <param name="Top">First row.</param>
/// <param name="Left">First column.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct Window(int Top, int Left, int Height, int Width);

/// <summary>
/// Parts of pictures, resized to the whole: 0.7 to 0.9 of the area, up to a third wider or higher than square (torchvision's RandomResizedCrop
/// with the scale that CLIPDraw gives it).
/// </summary>
public static class RandomWindow
{
    private const double LeastArea = 0.7;
    private const double MostArea = 0.9;
    private const double MostRatio = 4.0 / 3;

    /// <summary>Draws one part for each of so many square pictures.</summary>
    public static Window[] Draw(int count, int size, Generator generator)
    {
        var uniform = RandomDraws.Uniform(4 * count, generator);
        return
        [
            .. uniform.Chunk(4).Select(u =>
            {
                var side = size * Math.Sqrt(LeastArea + (u[0] * (MostArea - LeastArea)));
                // Even in the logarithm, so that wide and high are alike.
                var stretch = Math.Pow(MostRatio, u[1] - 0.5);
                var (width, height) = (Within(side * stretch), Within(side / stretch));
                return new Window((int)(u[2] * (size - height + 1)), (int)(u[3] * (size - width + 1)), height, width);
            }),
        ];

        int Within(double side) => Math.Clamp((int)Math.Round(side), 1, size);
    }

    /// <summary>Parts of pictures <c>[N, 3, S, S]</c>, one each, resized bilinearly to all of <c>[N, 3, S, S]</c>.</summary>
    public static Tensor Apply(Tensor pictures, IReadOnlyList<Window> windows)
    {
        var size = (int)pictures.Size(3);
        var rows = windows.SelectMany(window => SeparableSampling.CropPositions(window.Top, window.Height, size)).ToArray();
        var columns = windows.SelectMany(window => SeparableSampling.CropPositions(window.Left, window.Width, size)).ToArray();
        return SeparableSampling.Sample(
            pictures, SeparableSampling.Matrix(rows, windows.Count, size, pictures.Device), SeparableSampling.Matrix(columns, windows.Count, size, pictures.Device));
    }
}
