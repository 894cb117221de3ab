namespace Pagoda.Formats.Images;

/// <summary>Runs the native encoders on managed pictures.</summary>
internal static unsafe class PictureEncoder
{
    private delegate int Encode(NativeCodecs.Decoded* picture, NativeCodecs.Encoded* output, byte* error);

    public static byte[] Png(Picture picture, int level)
    {
        var bilevel = picture.Mode == PictureMode.Bilevel;
        var pixels = bilevel ? Array.ConvertAll(picture.Pixels, value => (byte)(value >> 7)) : picture.Pixels;
        CheckLevel(level);
        if (picture.Palette is not null && picture.Pixels.Max() is var index && index >= picture.Palette.Length / 4)
        {
            throw new PictureException($"A pixel with index {index} lies beyond the palette of {picture.Palette.Length / 4} colours; PNG has no such pixels.");
        }

        fixed (byte* start = pixels)
        {
            var native = Native(picture, start);
            return Run("PNG", picture.Width, picture.Height, &native, (p, o, e) => NativeCodecs.PngEncode(p, bilevel ? 1 : 8, level, o, e));
        }
    }

    public static byte[] Png(Picture16 picture, int level)
    {
        CheckLevel(level);
        fixed (ushort* start = picture.Samples)
        {
            var native = new NativeCodecs.Decoded
            {
                Pixels = (byte*)start,
                Width = picture.Width,
                Height = picture.Height,
                Channels = picture.Channels,
                Mode = (PictureMode)picture.Channels,
            };
            return Run("PNG", picture.Width, picture.Height, &native, (p, o, e) => NativeCodecs.PngEncode(p, 16, level, o, e));
        }
    }

    public static byte[] Jpeg(Picture picture, int quality)
    {
        var plain = picture.Mode is PictureMode.Grey or PictureMode.Bilevel && !picture.HasTransparency ? picture : picture.ToRgb();
        fixed (byte* start = plain.Pixels)
        {
            var native = Native(plain, start);
            return Run("JPEG", picture.Width, picture.Height, &native, (p, o, e) => NativeCodecs.JpegEncode(p, quality, o, e));
        }
    }

    public static byte[] Webp(Picture picture, float quality, bool lossless)
    {
        var colours = ForWebp(picture);
        fixed (byte* start = colours.Pixels)
        {
            var native = Native(colours, start);
            return Run("WEBP", picture.Width, picture.Height, &native, (p, o, e) => NativeCodecs.WebpEncode(p, quality, lossless ? 1 : 0, o, e));
        }
    }

    public static byte[] WebpAnimation(IReadOnlyList<Picture> frames, TimeSpan frameTime, int loops, float quality, bool lossless)
    {
        var (width, height) = (frames[0].Width, frames[0].Height);
        var error = stackalloc byte[NativeCodecs.ErrorSize];
        error[0] = 0;
        var animation = NativeCodecs.WebpAnimationNew(width, height, loops, error);
        if (animation == 0)
        {
            throw Failure("WEBP", width, height, error);
        }

        try
        {
            for (var i = 0; i < frames.Count; i++)
            {
                var colours = ForWebp(frames[i]);
                fixed (byte* start = colours.Pixels)
                {
                    var native = Native(colours, start);
                    if (NativeCodecs.WebpAnimationAdd(animation, &native, Milliseconds(i), quality, lossless ? 1 : 0, error) == 0)
                    {
                        throw Failure("WEBP", width, height, error);
                    }
                }
            }

            return Run("WEBP", width, height, null, (_, o, e) => NativeCodecs.WebpAnimationFinish(animation, Milliseconds(frames.Count), o, e));
        }
        finally
        {
            NativeCodecs.WebpAnimationFree(animation);
        }

        // From the whole time each, so that rounding does not add up.
        int Milliseconds(int frame) => (int)Math.Round(frameTime.TotalMilliseconds * frame);
    }

    private static void CheckLevel(int level)
    {
        if (level is < 0 or > 9)
        {
            throw new PictureException($"A PNG compression level of {level} is out of range; choose 0 to 9.");
        }
    }

    private static Picture ForWebp(Picture picture) => picture.HasTransparency ? picture.ToRgba() : picture.ToRgb();

    private static NativeCodecs.Decoded Native(Picture picture, byte* pixels)
    {
        var native = new NativeCodecs.Decoded
        {
            Pixels = pixels,
            Width = picture.Width,
            Height = picture.Height,
            Channels = picture.Channels,
            Mode = picture.Mode,
            PaletteCount = (picture.Palette?.Length ?? 0) / 4,
            HasKey = picture.TransparentColour is null ? 0 : 1,
        };
        picture.Palette?.CopyTo(new Span<byte>(native.Palette, 1024));
        picture.TransparentColour?.CopyTo(new Span<byte>(native.Key, 4));
        return native;
    }

    private static byte[] Run(string format, int width, int height, NativeCodecs.Decoded* picture, Encode encode)
    {
        NativeCodecs.Encoded output;
        var error = stackalloc byte[NativeCodecs.ErrorSize];
        error[0] = 0;
        if (encode(picture, &output, error) == 0)
        {
            throw Failure(format, width, height, error);
        }

        try
        {
            return new ReadOnlySpan<byte>(output.Data, checked((int)output.Size)).ToArray();
        }
        finally
        {
            NativeCodecs.Free(output.Data);
        }
    }

    private static PictureException Failure(string format, int width, int height, byte* error) =>
        new($"A picture of {width} x {height} pixels cannot be written as {format}: {NativeCodecs.Clause(error)}.");
}
