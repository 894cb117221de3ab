using System.Runtime.InteropServices;

namespace Pagoda.Torch;

/// <summary>
/// While it lives, the operators that this thread calls use so many threads, whatever <see cref="LibTorch.Threads"/> was: for
/// several threads that call operators at the same time, each with its share of the cores.
/// </summary>
public sealed class OwnThreads : IDisposable
{
    private readonly int _before;

    /// <summary>Begins.</summary>
    /// <param name="threads">How many, 1 or more.</param>
    public OwnThreads(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        _before = Native.Checked(Native.SetOwnThreads(threads));
    }

    /// <summary>Goes back to the number before; on the thread that it was made on.</summary>
    public void Dispose() => Native.Checked(Native.SetOwnThreads(_before));
}

internal static partial class Native
{
    /// <summary>Of native/torch/own_threads.cpp.</summary>
    [LibraryImport(Library, EntryPoint = "pg_set_own_threads")]
    public static partial int SetOwnThreads(int threads);
}
