namespace Pagoda.Formats;

/// <summary>Writes files that are either there whole or not there at all.</summary>
public static class AtomicFile
{
    /// <summary>
    /// Lets <paramref name="write"/> fill a temporary file beside <paramref name="path"/>, flushes it to the disk and
    /// renames it. When anything fails the temporary file is removed and what was at <paramref name="path"/> stays.
    /// </summary>
    /// <param name="path">Where the finished file is to be; its folder is created when missing.</param>
    /// <param name="overwrite">Whether a file that is already there may be replaced.</param>
    /// <param name="write">Writes the content; need not close the stream.</param>
    /// <exception cref="IOException">The file exists and may not be replaced, or the disk refuses.</exception>
    public static void Write(string path, bool overwrite, Action<Stream> write)
    {
        var full = Path.GetFullPath(path);
        if (!overwrite && File.Exists(full))
        {
            throw new IOException($"{path} exists already; choose another name or allow it to be overwritten.");
        }

        var folder = Path.GetDirectoryName(full)!;
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
