using System.Text.Json;
using Pagoda.Data.Shards;
using Pagoda.Formats.Images;

namespace Pagoda.Data.Scenes;

/// <summary>All emoji of a folder of shards, decoded, cut out of their white ground and held in memory.</summary>
public sealed class EmojiLibrary
{
    /// <summary>The longest side, in pixels, to which <see cref="Load"/> reduces the cut-outs unless told otherwise.</summary>
    public const int DefaultWorkingSize = 80;

    /// <summary>Makes a library of emoji that exist already.</summary>
    public EmojiLibrary(IReadOnlyList<Emoji> emoji) => Emoji = emoji;

    /// <summary>The emoji in the order of the shards; the styles of one are neighbours.</summary>
    public IReadOnlyList<Emoji> Emoji { get; }

    /// <summary>Reads every <c>emoji-*.tar</c> of a folder; pictures are decoded on all cores.</summary>
    /// <param name="folder">A folder with webdataset shards of Fluent Emoji: a picture and a json a sample.</param>
    /// <param name="workingSize">The longest side of a cut-out in pixels; 80 suits pictures of 64 pixels.</param>
    /// <exception cref="DataException">There are no shards, or a sample has no picture or no usable json.</exception>
    public static EmojiLibrary Load(string folder, int workingSize = DefaultWorkingSize)
    {
        var shards = Directory.Exists(folder) ? Directory.GetFiles(folder, "emoji-*.tar") : [];
        Array.Sort(shards, StringComparer.Ordinal);
        if (shards.Length == 0)
        {
            throw new DataException($"The folder {folder} has no emoji-*.tar; name the folder with the emoji shards.");
        }

        var emoji = shards.AsParallel().AsOrdered().SelectMany(shard => TarSamples.Read(shard))
            .Select(sample => Decode(sample, workingSize))
            .OfType<Emoji>()
            .ToArray();
        return new EmojiLibrary(emoji);
    }

    /// <summary>Reads a folder as <see cref="Load"/> does, or a file as <see cref="LoadCache"/> does.</summary>
    /// <exception cref="DataException">There is neither, or it cannot be read.</exception>
    public static EmojiLibrary Open(string path) => File.Exists(path) ? LoadCache(path) : Load(path);

    /// <summary>Reads a library that <see cref="SaveCache"/> wrote.</summary>
    /// <exception cref="DataException">The file is missing, is something else, or is damaged.</exception>
    public static EmojiLibrary LoadCache(string path) => EmojiLibraryCache.Load(path);

    /// <summary>Writes the decoded library into one file that needs no picture decoder to be read again.</summary>
    public void SaveCache(string path) => EmojiLibraryCache.Save(this, path);

    private static Emoji? Decode(TarSample sample, int workingSize)
    {
        var where = $"sample {sample.Key} of {sample.Shard}";
        var picture = sample.Parts.FirstOrDefault(part => part.Key is "png" or "jpg" or "jpeg" or "webp");
        if (picture.Value is null || !sample.Parts.TryGetValue("json", out var json))
        {
            throw new DataException($"The {where} lacks a picture or a json; every emoji needs both.");
        }

        try
        {
            var facts = JsonDocument.Parse(json).RootElement;
            var name = facts.GetProperty("name").GetString()!;
            var caption = facts.GetProperty("caption").GetString()!;
            var style = facts.GetProperty("style").GetString() switch
            {
                "3d" => EmojiStyle.ThreeD,
                "color" => EmojiStyle.Gradient,
                "flat" => EmojiStyle.Flat,
                var other => throw new DataException($"The {where} has the style {other}; 3d, color and flat are known."),
            };
            var keywords = facts.GetProperty("keywords").EnumerateArray().Select(word => word.GetString()!).ToArray();
            var pixels = PictureFile.Decode(picture.Value, where).ToRgb();
            var sprite = BackgroundRemoval.Cut(pixels.Width, pixels.Height, pixels.Pixels, workingSize, picture.Key is not "png", style == EmojiStyle.ThreeD);
            return sprite is null
                ? null
                : new Emoji(name, Title(caption), style, facts.GetProperty("group").GetString()!, keywords, ShardNumber(sample.Shard), sprite);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new DataException($"The json of {where} is not an emoji's: {error.Message}", error);
        }
    }

    private static string Title(string caption)
    {
        foreach (var suffix in new[] { ", gradient icon", ", flat icon" })
        {
            if (caption.EndsWith(suffix, StringComparison.Ordinal))
            {
                return caption[..^suffix.Length];
            }
        }

        return caption;
    }

    private static int ShardNumber(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        return int.TryParse(name[(name.LastIndexOf('-') + 1)..], out var number)
            ? number
            : throw new DataException($"The shard {path} has no number; emoji shards are named emoji-000000.tar and so on.");
    }
}
