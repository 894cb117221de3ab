using System.Runtime.InteropServices;
using System.Text;

namespace Pagoda.Tests.Generation.Strokes;

/// <summary>Draws SVG by librsvg and cairo, what most programs of Linux desktops draw it by.</summary>
internal static partial class LibRsvg
{
    private const string Rsvg = "librsvg-2.so.2";
    private const string Cairo = "libcairo.so.2";
    private const string Objects = "libgobject-2.0.so.0";
    private const int Rgb24 = 1;

    /// <summary>Why it cannot be used, or null.</summary>
    public static string? Missing { get; } = Array.Find([Rsvg, Cairo, Objects], library => !NativeLibrary.TryLoad(library, out _)) is { } library
        ? $"{library} is not installed (Debian's librsvg2-2 brings it)"
        : null;

    /// <summary>Red, green and blue planes in [0, 1].</summary>
    public static float[] Render(string svg, int width, int height)
    {
        var text = Encoding.UTF8.GetBytes(svg);
        var handle = NewFromData(text, (nuint)text.Length, out _);
        Assert.NotEqual(0, handle);
        var surface = SurfaceCreate(Rgb24, width, height);
        var context = Create(surface);
        try
        {
            Assert.True(RenderDocument(handle, context, new Rectangle(0, 0, width, height), out _));
            Flush(surface);
            var (row, data) = (Stride(surface), Data(surface));
            var picture = new float[3 * width * height];
            for (var i = 0; i < width * height; i++)
            {
                // A pixel is 0x00RRGGBB.
                var pixel = Marshal.ReadInt32(data, (i / width * row) + (4 * (i % width)));
                for (var channel = 0; channel < 3; channel++)
                {
                    picture[(channel * width * height) + i] = ((pixel >> (16 - (8 * channel))) & 255) / 255f;
                }
            }

            return picture;
        }
        finally
        {
            Destroy(context);
            SurfaceDestroy(surface);
            Unref(handle);
        }
    }

    [LibraryImport(Rsvg, EntryPoint = "rsvg_handle_new_from_data")]
    private static partial nint NewFromData(byte[] data, nuint length, out nint error);

    [LibraryImport(Rsvg, EntryPoint = "rsvg_handle_render_document")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool RenderDocument(nint handle, nint context, in Rectangle viewport, out nint error);

    [LibraryImport(Cairo, EntryPoint = "cairo_image_surface_create")]
    private static partial nint SurfaceCreate(int format, int width, int height);

    [LibraryImport(Cairo, EntryPoint = "cairo_create")]
    private static partial nint Create(nint surface);

    [LibraryImport(Cairo, EntryPoint = "cairo_surface_flush")]
    private static partial void Flush(nint surface);

    [LibraryImport(Cairo, EntryPoint = "cairo_image_surface_get_data")]
    private static partial nint Data(nint surface);

    [LibraryImport(Cairo, EntryPoint = "cairo_image_surface_get_stride")]
    private static partial int Stride(nint surface);

    [LibraryImport(Cairo, EntryPoint = "cairo_destroy")]
    private static partial void Destroy(nint context);

    [LibraryImport(Cairo, EntryPoint = "cairo_surface_destroy")]
    private static partial void SurfaceDestroy(nint surface);

    [LibraryImport(Objects, EntryPoint = "g_object_unref")]
    private static partial void Unref(nint handle);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Rectangle(double X, double Y, double Width, double Height);
}
