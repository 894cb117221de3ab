namespace Pagoda.Models.Catalogue;

/// <summary>Where a model that was asked for lies.</summary>
/// <param name="Path">Its folder or file.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Entry">What the catalogue knows of it, if it came by a name of the catalogue.</param>
public sealed record ModelLocation(string Path, string Name, CatalogueEntry? Entry)
{
    /// <summary>The folder itself, or the one that the file is in.</summary>
    public string Folder => Directory.Exists(Path) ? Path : System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;

    /// <summary>
    /// Finds a model: a path as it is; a name as a folder in <see cref="ModelFolder"/>, else as a pulled file of the
    /// catalogue.
    /// </summary>
    /// <param name="nameOrPath">A path or a name.</param>
    /// <param name="kind">The kind of catalogue entry that will do, such as <c>clip</c>.</param>
    /// <exception cref="FileNotFoundException">There is no such thing here; the message says how to get it, or what is near.</exception>
    public static ModelLocation Find(string nameOrPath, string kind) => Find(nameOrPath, kind, ModelCatalogue.Default, ModelCache.Default());

    internal static ModelLocation Find(string nameOrPath, string kind, ModelCatalogue catalogue, ModelCache cache)
    {
        // A catalogue's name can look like a path (ViT-B/32): what exists on the disk goes first.
        if (Directory.Exists(nameOrPath) || File.Exists(nameOrPath))
        {
            var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(nameOrPath));
            return new ModelLocation(full, Directory.Exists(full) ? System.IO.Path.GetFileName(full) : System.IO.Path.GetFileNameWithoutExtension(full), null);
        }

        if (Shipped(nameOrPath) is { } folder)
        {
            return new ModelLocation(folder, nameOrPath, null);
        }

        if (catalogue.Find(nameOrPath) is { } entry && entry.Kind == kind)
        {
            return cache.Find(entry) is { } file
                ? new ModelLocation(file, entry.Name, entry)
                : throw new FileNotFoundException($"The weights {entry.Name} are not here yet; run ./run models pull {entry.Name}.");
        }

        throw new FileNotFoundException(Unknown(nameOrPath, kind, catalogue));
    }

    private static string? Shipped(string name)
    {
        if (name.Length == 0 || name.IndexOfAny(['/', '\\']) >= 0 || name.StartsWith('.'))
        {
            return null;
        }

        var folder = ModelFolder.Find() is { } models ? System.IO.Path.Combine(models, name) : null;
        return Directory.Exists(folder) ? folder : null;
    }

    private static string Unknown(string name, string kind, ModelCatalogue catalogue)
    {
        var ofKind = catalogue.Entries.Where(entry => entry.Kind == kind).ToList();
        var plain = name.Replace('/', '-');
        var weights = ofKind.Where(entry => string.Equals(entry.Architecture, plain, StringComparison.OrdinalIgnoreCase)).Select(entry => entry.Name).ToList();
        if (weights.Count > 0)
        {
            return $"{name} is an architecture, of which there are several weights: {string.Join(", ", weights)}; pull one with ./run models pull NAME.";
        }

        var nearest = Spelling.Nearest(name, ofKind.SelectMany(entry => entry.Aliases.Append(entry.Name)));
        return $"There is no file, folder or model {name}{(nearest is null ? "" : $"; did you mean {nearest}?")}{(nearest is null ? "; ./run models list shows the names of those that can be pulled." : "")}";
    }
}
