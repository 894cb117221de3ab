using System.Text.Json;

namespace Pagoda.Models.Catalogue;

/// <summary>The folder where pulled weights lie: <c>FOLDER/NAME/FILE</c>, with <c>FILE.pinned.json</c> beside each.</summary>
public sealed class ModelCache
{
    /// <summary>A cache in the given folder, which need not exist yet.</summary>
    public ModelCache(string folder) => Folder = Path.GetFullPath(folder);

    /// <summary>The folder's full path.</summary>
    public string Folder { get; }

    /// <summary>
    /// The user's cache: <c>PAGODA_CACHE</c>, else <c>XDG_CACHE_HOME/pagoda</c>, else <c>~/.cache/pagoda</c>.
    /// </summary>
    public static ModelCache Default()
    {
        if (Environment.GetEnvironmentVariable("PAGODA_CACHE") is { Length: > 0 } named)
        {
            return new ModelCache(named);
        }

        var caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg
            ? xdg
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return new ModelCache(Path.Combine(caches, "pagoda"));
    }

    /// <summary>Where the file of this entry that comes from <paramref name="url"/> belongs.</summary>
    public string PathOf(CatalogueEntry entry, Uri url) => Path.Combine(Folder, entry.Name, entry.FileName(url));

    /// <summary>The entry's file if it is here, whichever of its addresses it came from; else <see langword="null"/>.</summary>
    public string? Find(CatalogueEntry entry) =>
        entry.Urls.Select(url => PathOf(entry, url)).FirstOrDefault(File.Exists);

    /// <summary>What the pull of this file saw; <see langword="null"/> when there is no (readable) record.</summary>
    public static PinnedFile? Pin(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(PinPath(file)), CatalogueJson.Default.PinnedFile);
        }
        catch (Exception exception) when (exception is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Records what a pull saw.</summary>
    public static void Pin(string file, PinnedFile pin)
    {
        var temporary = PinPath(file) + ".new";
        File.WriteAllText(temporary, JsonSerializer.Serialize(pin, CatalogueJson.Default.PinnedFile));
        File.Move(temporary, PinPath(file), overwrite: true);
    }

    private static string PinPath(string file) => file + ".pinned.json";
}
