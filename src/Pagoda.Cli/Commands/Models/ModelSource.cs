using Pagoda.Models.Catalogue;

namespace Pagoda.Cli.Commands.Models;

/// <summary>What somebody who typed NAME or FILE means.</summary>
/// <param name="Entry">The catalogue's entry; <see langword="null"/> for a file of their own.</param>
/// <param name="File">The file or folder; <see langword="null"/> for an entry that has not been pulled.</param>
internal sealed record ModelSource(CatalogueEntry? Entry, string? File)
{
    /// <exception cref="KeyNotFoundException">It is neither; the message names the nearest name.</exception>
    public static ModelSource Resolve(string nameOrFile, ModelCache cache)
    {
        if (System.IO.File.Exists(nameOrFile) || Directory.Exists(nameOrFile))
        {
            var full = Path.GetFullPath(nameOrFile);
            var entry = ModelCatalogue.Default.Entries.FirstOrDefault(known => cache.Find(known) == full);
            return new ModelSource(entry, full);
        }

        if (nameOrFile.Contains('/', StringComparison.Ordinal) && ModelCatalogue.Default.Find(nameOrFile) is null)
        {
            throw new FileNotFoundException($"there is no file {nameOrFile}");
        }

        var found = ModelCatalogue.Default.Get(nameOrFile);
        return new ModelSource(found, cache.Find(found));
    }

    /// <exception cref="FileNotFoundException">It has not been pulled.</exception>
    public string RequireFile() => File
        ?? throw new FileNotFoundException($"{Entry!.Name} is not on this machine; `models pull {Entry.Name}` downloads it");
}
