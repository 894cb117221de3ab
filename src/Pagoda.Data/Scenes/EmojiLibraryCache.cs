using System.IO.Compression;
using System.Text;

namespace Pagoda.Data.Scenes;

/// <summary>
/// One file with a decoded <see cref="EmojiLibrary"/>. Layout: the magic, then one zlib stream of: the count; per emoji
/// name, title, style, group, keywords, shard, width, height; then all pixels, each channel as the difference from its
/// prediction by the neighbours (the median predictor of LOCO-I, Weinberger et al., 1996), which packs twice as tight.
/// </summary>
internal static class EmojiLibraryCache
{
    private static readonly byte[] Magic = "PAGODA-EMOJI-1\n"u8.ToArray();

    public static void Save(EmojiLibrary library, string path)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        using (var file = File.Create(temporary))
        {
            file.Write(Magic);
            using var packed = new ZLibStream(file, CompressionLevel.Optimal);
            using var writer = new BinaryWriter(packed, Encoding.UTF8);
            writer.Write(library.Emoji.Count);
            foreach (var emoji in library.Emoji)
            {
                writer.Write(emoji.Name);
                writer.Write(emoji.Title);
                writer.Write((byte)emoji.Style);
                writer.Write(emoji.Group);
                writer.Write((byte)emoji.Keywords.Count);
                foreach (var word in emoji.Keywords)
                {
                    writer.Write(word);
                }

                writer.Write(emoji.Shard);
                writer.Write((ushort)emoji.Sprite.Width);
                writer.Write((ushort)emoji.Sprite.Height);
            }

            foreach (var emoji in library.Emoji)
            {
                writer.Write(Residuals(emoji.Sprite));
            }
        }

        File.Move(temporary, path, overwrite: true);
    }

    public static EmojiLibrary Load(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var magic = new byte[Magic.Length];
            if (file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length || !magic.AsSpan().SequenceEqual(Magic))
            {
                throw new DataException($"{path} is no cache of an emoji library; make one from the emoji shards.");
            }

            using var packed = new BufferedStream(new ZLibStream(file, CompressionMode.Decompress), 1 << 16);
            using var reader = new BinaryReader(packed, Encoding.UTF8);
            return new EmojiLibrary(Read(reader));
        }
        catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException or FormatException)
        {
            throw new DataException($"The emoji cache {path} cannot be read ({error.Message}); make it again from the emoji shards.", error);
        }
    }

    private static Emoji[] Read(BinaryReader reader)
    {
        var count = reader.ReadInt32();
        if (count is < 0 or > 1_000_000)
        {
            throw new InvalidDataException($"it claims {count} emoji");
        }

        var facts = new List<(Emoji Emoji, int Width, int Height)>();
        for (var i = 0; i < count; i++)
        {
            var (name, title, style, group) = (reader.ReadString(), reader.ReadString(), (EmojiStyle)reader.ReadByte(), reader.ReadString());
            var keywords = new string[reader.ReadByte()];
            for (var k = 0; k < keywords.Length; k++)
            {
                keywords[k] = reader.ReadString();
            }

            var shard = reader.ReadInt32();
            var (width, height) = (reader.ReadUInt16(), reader.ReadUInt16());
            facts.Add((new Emoji(name, title, style, group, keywords, shard, null!), width, height));
        }

        var emoji = new Emoji[count];
        for (var i = 0; i < count; i++)
        {
            var (one, width, height) = facts[i];
            var residuals = reader.ReadBytes(width * height * 4);
            if (residuals.Length != width * height * 4)
            {
                throw new InvalidDataException("its end is missing");
            }

            emoji[i] = one with { Sprite = new Sprite(width, height, Restore(residuals, width)) };
        }

        return emoji;
    }

    private static byte[] Residuals(Sprite sprite)
    {
        var (pixels, row) = (sprite.Pixels, sprite.Width * 4);
        var residuals = new byte[pixels.Length];
        for (var i = 0; i < pixels.Length; i++)
        {
            residuals[i] = (byte)(pixels[i] - Predict(pixels, i, row));
        }

        return residuals;
    }

    private static byte[] Restore(byte[] residuals, int width)
    {
        for (var i = 0; i < residuals.Length; i++)
        {
            residuals[i] += Predict(residuals, i, width * 4);
        }

        return residuals;
    }

    private static byte Predict(byte[] pixels, int at, int row)
    {
        int left = at % row >= 4 ? pixels[at - 4] : 0, above = at >= row ? pixels[at - row] : 0;
        int corner = at % row >= 4 && at >= row ? pixels[at - row - 4] : 0;
        var (low, high) = left < above ? (left, above) : (above, left);
        return (byte)(corner >= high ? low : corner <= low ? high : left + above - corner);
    }
}
