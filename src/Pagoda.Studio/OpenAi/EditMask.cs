using Pagoda.Formats.Images;

namespace Pagoda.Studio.OpenAi;

/// <summary>Where an edit paints. OpenAI's masks say it by transparency, Pagoda's by white.</summary>
internal static class EditMask
{
    /// <summary>The mask as Pagoda takes it.</summary>
    /// <param name="image">What is painted over.</param>
    /// <param name="mask">What the client sent; null when it sent none.</param>
    /// <returns>Grey, white where it is painted; null when all of it is.</returns>
    /// <exception cref="ApiException">The sizes differ, or nothing would be painted.</exception>
    public static Picture? Of(Picture image, Picture? mask)
    {
        if (mask is null)
        {
            // An opaque picture may well have an alpha channel.
            return image.HasTransparency && Clear(image) is var clear && Array.Exists(clear.Pixels, value => value != 0) ? clear : null;
        }

        if ((mask.Width, mask.Height) != (image.Width, image.Height))
        {
            throw ApiException.Invalid($"The mask has {mask.Width} x {mask.Height} pixels and the image {image.Width} x {image.Height}; make them the same.", "mask");
        }

        var painted = mask.HasTransparency ? Clear(mask) : mask.ToRgb();
        return Array.Exists(painted.Pixels, value => value != 0) ? painted
            : throw ApiException.Invalid($"The mask has no {(mask.HasTransparency ? "fully transparent" : "white")} place, so nothing would be painted.", "mask");
    }

    /// <summary>White where a picture is fully transparent.</summary>
    private static Picture Clear(Picture picture)
    {
        var pixels = picture.ToRgba().Pixels;
        var clear = new byte[picture.Width * picture.Height];
        for (var i = 0; i < clear.Length; i++)
        {
            clear[i] = (byte)(pixels[(4 * i) + 3] == 0 ? 255 : 0);
        }

        return new Picture(picture.Width, picture.Height, 1, clear);
    }
}
