using System.Drawing;
using System.Runtime.InteropServices;

namespace Pagoda.Formats.Images;

/// <summary>Runs the native decoders and moves what they found into managed memory.</summary>
internal static unsafe class PictureDecoder
{
    public static Picture Decode(ReadOnlySpan<byte> data, PictureFormat format, string name, DecodeLimits limits)
    {
        var decoded = Run(data, format, name, limits, deep: false);
        try
        {
            var pixels = new ReadOnlySpan<byte>(decoded.Pixels, checked((int)decoded.Size)).ToArray();
            return new Picture(decoded.Width, decoded.Height, decoded.Channels, decoded.Mode, pixels)
            {
                Palette = decoded.Mode == PictureMode.Palette ? new ReadOnlySpan<byte>(decoded.Palette, 4 * decoded.PaletteCount).ToArray() : null,
                TransparentColour = decoded.HasKey != 0 ? new ReadOnlySpan<byte>(decoded.Key, decoded.Channels).ToArray() : null,
            };
        }
        finally
        {
            NativeCodecs.Free(decoded.Pixels);
        }
    }

    public static Picture16 DecodeDeep(ReadOnlySpan<byte> data, string name, DecodeLimits limits)
    {
        var decoded = Run(data, PictureFormat.Png, name, limits, deep: true);
        try
        {
            var samples = MemoryMarshal.Cast<byte, ushort>(new ReadOnlySpan<byte>(decoded.Pixels, checked((int)decoded.Size))).ToArray();
            return new Picture16(decoded.Width, decoded.Height, decoded.Channels, samples);
        }
        finally
        {
            NativeCodecs.Free(decoded.Pixels);
        }
    }

    /// <summary>Decodes a JPEG and resizes a window of its pixels where they are; false, with nothing done, when it is not in colour.</summary>
    public static bool TryDecodeWindow(
        ReadOnlySpan<byte> data, string name, DecodeLimits limits, Func<(int Width, int Height), Rectangle> window, int size, bool mirrored, Span<byte> planes)
    {
        var decoded = Run(data, PictureFormat.Jpeg, name, limits, deep: false);
        try
        {
            if (decoded.Channels != 3)
            {
                return false;
            }

            var at = window((decoded.Width, decoded.Height));
            var stride = 3 * decoded.Width;
            var start = ((long)at.Y * stride) + (3 * at.X);
            RgbResampler.Resize(decoded.Pixels + start, decoded.Size - start, stride, at.Width, at.Height, size, mirrored, planes);
            return true;
        }
        finally
        {
            NativeCodecs.Free(decoded.Pixels);
        }
    }

    private static NativeCodecs.Decoded Run(ReadOnlySpan<byte> data, PictureFormat format, string name, DecodeLimits limits, bool deep)
    {
        var native = new NativeCodecs.Limits
        {
            Pixels = limits.MaximumPixels,
            Bytes = Math.Min(limits.MaximumBytes, Array.MaxLength),
            MinimumSize = Math.Max(limits.MinimumSize, 0),
            Deep = deep ? 1 : 0,
        };
        NativeCodecs.Decoded decoded;
        var error = stackalloc byte[NativeCodecs.ErrorSize];
        error[0] = 0;
        fixed (byte* start = data)
        {
            var size = (nuint)data.Length;
            var done = format switch
            {
                PictureFormat.Png => NativeCodecs.PngDecode(start, size, &native, &decoded, error),
                PictureFormat.Jpeg => NativeCodecs.JpegDecode(start, size, &native, &decoded, error),
                _ => NativeCodecs.WebpDecode(start, size, &native, &decoded, error),
            };
            if (done == 0)
            {
                throw new PictureException($"{name} cannot be decoded as {format.ToString().ToUpperInvariant()}: {NativeCodecs.Clause(error)}.");
            }
        }

        return decoded;
    }
}
