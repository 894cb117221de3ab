namespace Pagoda.Tests;

/// <summary>Tensors that other tests left to the finalizer must not go while a test counts its own.</summary>
internal static class Garbage
{
    public static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
