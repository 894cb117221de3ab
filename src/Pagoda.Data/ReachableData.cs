namespace Pagoda.Data;

/// <summary>
/// Tells a broken file from a lost disk: when a file fails that was there, one that could be read before is tried again. If that
/// one fails too, the data is gone (a mount, a network share), and skipping all of it would only waste the run.
/// </summary>
internal sealed class ReachableData
{
    private volatile string? _lastRead;

    /// <summary>Notes a file that could be read.</summary>
    public void Read(string path) => _lastRead = path;

    /// <summary>Called when a file could not be opened or read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="error">What happened.</param>
    /// <param name="others">Files to try while none has been read; all are known to have been there.</param>
    /// <exception cref="DataException">None of the others can be read either.</exception>
    public void ThrowIfGone(string path, Exception error, IEnumerable<string> others)
    {
        var tried = (_lastRead is { } last ? [last] : others).ToList();
        if (tried.Count > 0 && !tried.Exists(CanRead))
        {
            throw new DataException(
                $"The data can no longer be reached: {path} ({error.Message}), and {tried[0]} neither, which was there before; bring the disk or share back and run again, the run goes on from its last checkpoint.", error);
        }
    }

    private static bool CanRead(string path)
    {
        try
        {
            // A stale network file opens and fails on the first byte.
            using var handle = File.OpenHandle(path);
            RandomAccess.Read(handle, new byte[1], 0);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
