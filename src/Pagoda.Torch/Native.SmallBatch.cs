using System.Runtime.InteropServices;

namespace Pagoda.Torch;

/// <summary>The functions of native/torch/linear_rows.cpp and attend_row.cpp.</summary>
internal static unsafe partial class Native
{
    [LibraryImport(Library, EntryPoint = "pg_linear_rows")]
    public static partial int LinearRows(nint weight, int type, nint bias, nint x, nint y, long rows, long inputs, long outputs, int after);

    [LibraryImport(Library, EntryPoint = "pg_attend_row")]
    public static partial int AttendRow(nint qkv, nint keys, nint values, nint y, long rows, long heads, long width, long capacity, long position);

    /// <summary>Whether the kernels may use the processor's vectors; gives what was before.</summary>
    [LibraryImport(Library, EntryPoint = "pg_allow_vectors")]
    public static partial int AllowVectors(int allowed);
}
