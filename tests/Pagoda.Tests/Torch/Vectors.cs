using Pagoda.Torch;

namespace Pagoda.Tests.Torch;

/// <summary>Which of the processor's vectors Pagoda's own kernels use.</summary>
internal static class Vectors
{
    /// <summary>Runs a check with none (0: libtorch's operators), AVX2 (1) or all that the processor has (2).</summary>
    public static void With(int widest, Action check)
    {
        var before = Native.AllowVectors(widest);
        try
        {
            check();
        }
        finally
        {
            Native.AllowVectors(before);
        }
    }
}
