using Pagoda.Formats.Images;
using Pagoda.Torch;

namespace Pagoda.Generation.Pixels;

/// <summary>Pictures to tensors and back.</summary>
public static class PicturePixels
{
    /// <summary>A picture as <c>[1, 3, H, W]</c> in [0, 1].</summary>
    public static Tensor ToTensor(Picture picture, Device device) =>
        Tensor.From(picture.ToPlanes(), 1, 3, picture.Height, picture.Width).To(device: device);

    /// <summary>A tensor <c>[1, 3, H, W]</c> in [0, 1] as an RGB picture of 8 bits.</summary>
    public static Picture ToPicture(Tensor pixels) =>
        Picture.FromPlanes(pixels.ToArray<float>(), (int)pixels.Size(3), (int)pixels.Size(2));

    /// <summary>The largest square in the middle of a picture as RGB, at a given size (bicubic, as CLIP's own preprocessing, unless told otherwise).</summary>
    public static Picture Square(Picture picture, int size, Resampling filter = Resampling.Bicubic)
    {
        var side = Math.Min(picture.Width, picture.Height);
        var square = picture.Width == picture.Height ? picture : picture.Crop((picture.Width - side) / 2, (picture.Height - side) / 2, side, side);
        return square.ToRgb().Resize(size, size, filter);
    }
}
