using System.Runtime.InteropServices;

namespace Pagoda.Torch;

/// <summary>The functions of native/torch/decoder.</summary>
internal static unsafe partial class Native
{
    [LibraryImport(Library, EntryPoint = "pg_decoder_pack")]
    public static partial nint PackDecoder(nint* weights, long* shape, double epsilon, int* packed);

    [LibraryImport(Library, EntryPoint = "pg_decoder_free")]
    public static partial void FreeDecoder(nint decoder);

    [LibraryImport(Library, EntryPoint = "pg_decoder_advance")]
    public static partial int AdvanceDecoder(
        nint decoder, nint x, nint* keys, nint* values, nint logits, long rows, long capacity, long position);
}
