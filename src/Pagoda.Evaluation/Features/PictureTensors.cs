using Pagoda.Evaluation.Frechet;
using Pagoda.Formats.Images;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Features;

/// <summary>Pictures as tensors, and blurred.</summary>
internal static class PictureTensors
{
    // Numbers in one tensor: photographs of 12 megapixels go one by one, thumbnails together.
    private const long MostNumbers = 1 << 24;

    /// <summary>RGB pictures of one size as <c>[N, 3, H, W]</c> in [0, 1].</summary>
    public static Tensor Of(ReadOnlySpan<Picture> pictures, Device device)
    {
        using var scope = new TensorScope();
        var (width, height) = (pictures[0].Width, pictures[0].Height);
        var bytes = new byte[checked(pictures.Length * 3 * width * height)];
        for (var i = 0; i < pictures.Length; i++)
        {
            pictures[i].ToRgb().Pixels.CopyTo(bytes.AsSpan(i * 3 * width * height));
        }

        var rows = Tensor.FromBytes(bytes, ScalarType.UInt8, pictures.Length, height, width, 3).To(device: device).Permute([0, 3, 1, 2]);
        return scope.Keep(rows.To(ScalarType.Float32).Contiguous() / 255);
    }

    /// <summary>Pictures in runs of one size, so that each is resized as it would be alone.</summary>
    public static IEnumerable<Picture[]> Runs(IReadOnlyList<Picture> pictures)
    {
        for (var at = 0; at < pictures.Count;)
        {
            var (width, height) = (pictures[at].Width, pictures[at].Height);
            var most = (int)Math.Max(1, MostNumbers / (3L * width * height));
            var run = pictures.Skip(at).Take(most).TakeWhile(one => one.Width == width && one.Height == height).ToArray();
            yield return run;
            at += run.Length;
        }
    }

    /// <summary>A picture blurred and rounded to 8 bits again, for networks whose resizing takes pictures of bytes.</summary>
    public static Picture Blurred(Picture picture, double blur)
    {
        if (blur == 0)
        {
            return picture;
        }

        using var scope = new TensorScope();
        return Picture.FromPlanes(GaussianBlur.Apply(Of([picture], Device.Cpu), blur).ToArray<float>(), picture.Width, picture.Height);
    }
}
