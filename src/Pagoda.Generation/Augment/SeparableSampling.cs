using Pagoda.Torch;

namespace Pagoda.Generation.Augment;

/// <summary>
/// Bilinear sampling as two matrix products, rows then columns: crops, zooms, shifts and resizes are all of this form.
/// The gradient is two matrix products too, so that it repeats to the bit on every device, which the scattering gradients of
/// interpolation kernels do not, and all views of a batch are one product.
/// </summary>
public static class SeparableSampling
{
    /// <summary>A position that no pixel reaches: what is sampled there is 0.</summary>
    public const float Outside = -1e6f;

    /// <summary>
    /// The weights <c>[views, 1, outputs, length]</c> that read a line of <paramref name="length"/> pixels at given
    /// positions: pixel j weighs max(0, 1 - |p - j|). Positions beyond the line read zeros.
    /// </summary>
    /// <param name="positions"><c>[views, outputs]</c>: where each output looks, in pixels; 0 is the centre of the first.</param>
    /// <param name="views">How many views there are.</param>
    /// <param name="length">Pixels in the line that is read.</param>
    /// <param name="device">Where the weights are needed.</param>
    /// <param name="support">
    /// Half the width of the triangle in pixels. Above 1 the triangle averages over what falls together when a picture is
    /// reduced (antialiasing), and its weights are divided by their sum.
    /// </param>
    public static Tensor Matrix(float[] positions, int views, int length, Device device, double support = 1)
    {
        var outputs = positions.Length / views;
        var places = Tensor.From(positions, views, 1, outputs, 1).To(device: device);
        var pixels = Ops.Arange(length, dtype: ScalarType.Float32, device: device);
        var triangle = (1 - ((places - pixels).Abs() / support)).ClampMin(0);
        return support > 1 ? triangle / triangle.Sum([-1], keepdim: true) : triangle;
    }

    /// <summary>Reads pictures <c>[N or 1, C, H, W]</c> with weights of <see cref="Matrix"/> for rows and columns.</summary>
    /// <returns><c>[N, C, outputs, outputs]</c>.</returns>
    public static Tensor Sample(Tensor pictures, Tensor rows, Tensor columns) =>
        rows.Matmul(pictures).Matmul(columns.Transpose(-1, -2));

    /// <summary>
    /// Square pictures <c>[N, C, S, S]</c> at another size: bilinear with half-pixel centres, averaging when reduced. A
    /// picture that has the size already comes back as it is.
    /// </summary>
    public static Tensor Resize(Tensor pictures, int size)
    {
        var from = (int)pictures.Size(-1);
        if (from == size)
        {
            return pictures;
        }

        var matrix = Matrix(CropPositions(0, from, size), 1, from, pictures.Device, Math.Max(1, (double)from / size));
        return Sample(pictures, matrix, matrix);
    }

    /// <summary>
    /// Where <paramref name="outputs"/> pixels look that spread over <paramref name="side"/> pixels from
    /// <paramref name="start"/> on, with half-pixel centres, never beyond the first or the last (torch.nn.functional.interpolate,
    /// bilinear, align_corners=False).
    /// </summary>
    public static float[] CropPositions(int start, int side, int outputs)
    {
        var positions = new float[outputs];
        for (var i = 0; i < outputs; i++)
        {
            positions[i] = (float)(start + Math.Clamp(((i + 0.5) * side / outputs) - 0.5, 0, side - 1));
        }

        return positions;
    }
}
