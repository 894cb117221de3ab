using System.Runtime.InteropServices;

namespace Pagoda.Torch;

/// <summary>The functions of native/torch/normal.cpp, linear_rows.cpp, attend_row.cpp and kernels/.</summary>
internal static unsafe partial class Native
{
    [LibraryImport(Library, EntryPoint = "pg_normal")]
    public static partial nint Normal(long* shape, long dimensions, nint generator);

    [LibraryImport(Library, EntryPoint = "pg_linear_rows")]
    public static partial int LinearRows(nint weight, int type, nint bias, nint x, nint y, long rows, long inputs, long outputs, int after);

    [LibraryImport(Library, EntryPoint = "pg_attend_row")]
    public static partial int AttendRow(nint qkv, nint keys, nint values, nint y, long rows, long heads, long width, long capacity, long position);

    [LibraryImport(Library, EntryPoint = "pg_block")]
    public static partial int Block(nint x, nint* weights, nint mask, nint places, long heads, int quickGelu, double epsilon, nint* result);

    [LibraryImport(Library, EntryPoint = "pg_norm_silu")]
    public static partial int NormSilu(nint x, nint weight, nint bias, long groups, double epsilon, int silu, nint* result);

    [LibraryImport(Library, EntryPoint = "pg_mlp")]
    public static partial int Mlp(nint x, nint rest, nint* weights, double epsilon, nint* result);

    /// <summary>The most bytes of packed weights to keep.</summary>
    [LibraryImport(Library, EntryPoint = "pg_keep_packed_weights")]
    public static partial void KeepPackedWeights(long bytes);

    /// <summary>How many bytes are kept.</summary>
    [LibraryImport(Library, EntryPoint = "pg_packed_weights")]
    public static partial long PackedWeights();

    /// <summary>The widest of the processor's vectors that kernels may use: 0 none, 1 AVX2, 2 all; gives what was before.</summary>
    [LibraryImport(Library, EntryPoint = "pg_allow_vectors")]
    public static partial int AllowVectors(int widest);
}
