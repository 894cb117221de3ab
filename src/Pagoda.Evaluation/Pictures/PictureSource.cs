using System.Globalization;
using System.Text.Json.Nodes;
using Pagoda.Data;
using Pagoda.Data.Shards;
using Pagoda.Evaluation.Benchmarks;

namespace Pagoda.Evaluation.Pictures;

/// <summary>
/// Pictures to be measured, one after the other and never all at once: files of a folder, a zip or tar shards, a benchmark's pictures, or a model
/// that paints them on the way.
/// </summary>
public abstract class PictureSource
{
    /// <summary>The endings of names that are taken for pictures.</summary>
    public static IReadOnlyList<string> Endings { get; } = [".png", ".jpg", ".jpeg", ".webp"];

    /// <summary>What messages and reports call it.</summary>
    public abstract string Name { get; }

    /// <summary>Which files are taken, for people, such as <c>5,000 pictures (png, jpg, jpeg, webp) in photos</c>.</summary>
    public abstract string Description { get; }

    /// <summary>How many pictures there are; null where only reading all would tell.</summary>
    public abstract int? Count { get; }

    /// <summary>How many pictures the whole set would have, where that is known to be more than are there.</summary>
    public virtual int? Expected => Count;

    /// <summary>How all of them were painted, with the SHA-256 of every network, where that is known of the whole source.</summary>
    public virtual JsonNode? Painting => null;

    /// <summary>All that tells of another content without reading it (paths, sizes, times); null for what is different each time.</summary>
    public abstract string? Stamp { get; }

    /// <summary>Whether pictures may be loaded on other threads, several at a time and ahead of their use.</summary>
    public virtual bool IsStored => true;

    /// <summary>The pictures of a share in order, each to be loaded when it is called; numbers count over all shares.</summary>
    /// <param name="share">The pictures whose number is the share's.</param>
    /// <exception cref="DataException">A shard is damaged.</exception>
    public abstract IEnumerable<Func<SourcePicture>> Read(Share share);

    /// <summary>
    /// Opens what a path names: a folder of pictures with all below it, or of tar shards, or a benchmark's (<c>pictures.json</c>), a .zip, a .tar
    /// or a pattern of shards such as <c>real/{000..009}.tar</c>.
    /// </summary>
    /// <exception cref="InvalidDataException">There is no such thing, or no picture in it.</exception>
    /// <exception cref="DataException">A pattern of shards is not understood.</exception>
    public static PictureSource Open(string path)
    {
        if (Directory.Exists(path))
        {
            return PictureSet.Find(path) is { } set ? new SetPictures(set, path)
                : Directory.EnumerateFiles(path, "*.tar").Any() && !FolderPictures.Files(path).Any() ? new ShardPictures(path)
                : new FolderPictures(path);
        }

        var ending = Path.GetExtension(path).ToLowerInvariant();
        return ending is ".tar" || path.Contains("::", StringComparison.Ordinal) || (ending is ".gz" or ".tgz") ? new ShardPictures(path)
            : !File.Exists(path) ? throw new InvalidDataException($"There is no {path}; name a folder of pictures, a .zip, or tar shards such as real/{{000..009}}.tar.")
            : ending == ".zip" ? new ZipPictures(path)
            : throw new InvalidDataException($"{path} is neither a folder of pictures nor a .zip or .tar with some; put pictures into a folder to measure them.");
    }

    /// <summary>Whether a name is a picture's: by its ending, and no leftover of a file manager.</summary>
    internal static bool IsPicture(string name) => Endings.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase) && !IsHidden(name);

    internal static bool IsHidden(string name) => name.Split('/', '\\').Any(part => part.StartsWith('.') || part == "__MACOSX");

    internal static string Kinds => string.Join(", ", Endings.Select(ending => ending[1..]));

    internal static string Pictures(int count) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? "picture" : "pictures")}");

    /// <summary>The first caption in a text file beside a picture.</summary>
    internal static string? FirstLine(byte[]? text) => text is null ? null : Captions.FromText(text).FirstOrDefault();
}
