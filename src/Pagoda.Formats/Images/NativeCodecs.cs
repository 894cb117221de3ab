using System.Reflection;
using System.Runtime.InteropServices;
using Pagoda.Torch;

namespace Pagoda.Formats.Images;

/// <summary>The functions of <c>native/codecs/codecs.h</c>.</summary>
internal static unsafe partial class NativeCodecs
{
    public const int ErrorSize = 256;
    private const string Library = "pagoda_codecs";

    static NativeCodecs() =>
        NativeLibrary.SetDllImportResolver(
            typeof(NativeCodecs).Assembly,
            static (string name, Assembly _, DllImportSearchPath? _) => name == Library ? NativeLibraries.Load(name) : 0);

    [LibraryImport(Library, EntryPoint = "pagoda_png_decode")]
    public static partial int PngDecode(byte* data, nuint size, Limits* limits, Decoded* output, byte* error);

    [LibraryImport(Library, EntryPoint = "pagoda_jpeg_decode")]
    public static partial int JpegDecode(byte* data, nuint size, Limits* limits, Decoded* output, byte* error);

    [LibraryImport(Library, EntryPoint = "pagoda_webp_decode")]
    public static partial int WebpDecode(byte* data, nuint size, Limits* limits, Decoded* output, byte* error);

    [LibraryImport(Library, EntryPoint = "pagoda_png_encode")]
    public static partial int PngEncode(Decoded* picture, int depth, int level, Encoded* output, byte* error);

    [LibraryImport(Library, EntryPoint = "pagoda_jpeg_encode")]
    public static partial int JpegEncode(Decoded* picture, int quality, Encoded* output, byte* error);

    [LibraryImport(Library, EntryPoint = "pagoda_webp_encode")]
    public static partial int WebpEncode(Decoded* picture, float quality, int lossless, Encoded* output, byte* error);

    [LibraryImport(Library, EntryPoint = "pagoda_webp_animation_new")]
    public static partial nint WebpAnimationNew(int width, int height, int loops, byte* error);

    [LibraryImport(Library, EntryPoint = "pagoda_webp_animation_add")]
    public static partial int WebpAnimationAdd(nint animation, Decoded* frame, int timestampMs, float quality, int lossless, byte* error);

    [LibraryImport(Library, EntryPoint = "pagoda_webp_animation_finish")]
    public static partial int WebpAnimationFinish(nint animation, int endMs, Encoded* output, byte* error);

    [LibraryImport(Library, EntryPoint = "pagoda_webp_animation_free")]
    public static partial void WebpAnimationFree(nint animation);

    [LibraryImport(Library, EntryPoint = "pagoda_codecs_free")]
    public static partial void Free(void* memory);

    /// <summary>The clause that a failed call left in its error buffer.</summary>
    public static string Clause(byte* error) => Marshal.PtrToStringUTF8((nint)error) is { Length: > 0 } said ? said : "its data is damaged";

    [StructLayout(LayoutKind.Sequential)]
    public struct Limits
    {
        public long Pixels;
        public long Bytes;
        public int MinimumSize;
        public int Deep;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Decoded
    {
        public byte* Pixels;
        public long Size;
        public int Width;
        public int Height;
        public int Channels;
        public PictureMode Mode;
        public int PaletteCount;
        public int HasKey;
        public fixed byte Key[4];
        public fixed byte Palette[1024];
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Encoded
    {
        public byte* Data;
        public nuint Size;
        public nuint Capacity;
    }
}
