using Pagoda.Torch;

namespace Pagoda.Generation.Augment;

/// <summary>A square cut from a picture, in pixels.</summary>
/// <param name="Top">First row.</param>
/// <param name="Left">First column.</param>
/// <param name="Side">Rows and columns.</param>
public readonly record struct Crop(int Top, int Left, int Side);

/// <summary>Square patches at random places, each resized to the model's input: the patches of CLIPAG's notebook (RandCropResize).</summary>
public static class RandomCropResize
{
    /// <summary>Draws patches of a square picture, their sides uniform between two fractions of its side.</summary>
    public static Crop[] Draw(int count, int size, double smallest, double largest, Generator generator)
    {
        int least = Side(smallest), most = Math.Max(Side(largest), Side(smallest));
        var uniform = RandomDraws.Uniform(3 * count, generator);
        return
        [
            .. Enumerable.Range(0, count).Select(i =>
            {
                var side = least + Below(uniform[3 * i], most - least + 1);
                return new Crop(Below(uniform[(3 * i) + 1], size - side + 1), Below(uniform[(3 * i) + 2], size - side + 1), side);
            }),
        ];

        int Side(double fraction) => Math.Clamp((int)Math.Round(fraction * size), 1, size);
        static int Below(float uniform, int end) => Math.Min((int)(uniform * end), end - 1);
    }

    /// <summary>
    /// Cuts patches out of pictures <c>[N or 1, 3, H, W]</c>, one each, and resizes them bilinearly with half-pixel
    /// centres, without averaging where they shrink.
    /// </summary>
    /// <returns><c>[N, 3, size, size]</c>.</returns>
    public static Tensor Apply(Tensor pictures, IReadOnlyList<Crop> crops, int size)
    {
        var rows = crops.SelectMany(crop => SeparableSampling.CropPositions(crop.Top, crop.Side, size)).ToArray();
        var columns = crops.SelectMany(crop => SeparableSampling.CropPositions(crop.Left, crop.Side, size)).ToArray();
        return SeparableSampling.Sample(
            pictures,
            SeparableSampling.Matrix(rows, crops.Count, (int)pictures.Size(2), pictures.Device),
            SeparableSampling.Matrix(columns, crops.Count, (int)pictures.Size(3), pictures.Device));
    }
}
