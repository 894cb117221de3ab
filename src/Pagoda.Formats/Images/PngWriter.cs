namespace Pagoda.Formats.Images;

/// <summary>Puts texts into a finished PNG file.</summary>
internal static class PngWriter
{
    public static byte[] Write(byte[] png, IEnumerable<PngText>? texts)
    {
        var chunks = (texts ?? []).Select(PngTexts.Make).ToArray();
        if (chunks.Length == 0)
        {
            return png;
        }

        // Right behind IHDR, where readers that stop at the pixels still find them.
        var headerEnd = PngChunks.Signature.Length + 12 + 13;
        var file = new byte[png.Length + chunks.Sum(chunk => chunk.Length)];
        png.AsSpan(0, headerEnd).CopyTo(file);
        var at = headerEnd;
        foreach (var chunk in chunks)
        {
            chunk.CopyTo(file, at);
            at += chunk.Length;
        }

        png.AsSpan(headerEnd).CopyTo(file.AsSpan(at));
        return file;
    }
}
