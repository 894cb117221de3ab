using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pagoda.Models.Catalogue;

/// <summary>The published weights that Pagoda knows how to fetch and read (<c>catalogue.json</c>).</summary>
public sealed class ModelCatalogue
{
    private static readonly Lazy<ModelCatalogue> Embedded = new(ReadEmbedded);

    /// <summary>A catalogue of the given entries; names and aliases must be unique, whatever their case.</summary>
    /// <exception cref="ArgumentException">Two entries share a name.</exception>
    public ModelCatalogue(IReadOnlyList<CatalogueEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        Entries = entries;
        var twice = entries
            .SelectMany(entry => entry.Aliases.Append(entry.Name))
            .GroupBy(name => name, StringComparer.OrdinalIgnoreCase)
            .FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw new ArgumentException($"The catalogue has the name '{twice.Key}' twice.", nameof(entries));
        }
    }

    /// <summary>The catalogue that comes with Pagoda.</summary>
    public static ModelCatalogue Default => Embedded.Value;

    /// <summary>All entries, in the order in which they are listed.</summary>
    public IReadOnlyList<CatalogueEntry> Entries { get; }

    /// <summary>The entry with this name or alias, whatever the case; <see langword="null"/> when there is none.</summary>
    public CatalogueEntry? Find(string name) =>
        Entries.FirstOrDefault(entry =>
            entry.Aliases.Append(entry.Name).Any(known => string.Equals(known, name, StringComparison.OrdinalIgnoreCase)));

    /// <summary>The entry with this name or alias.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message names the nearest.</exception>
    public CatalogueEntry Get(string name)
    {
        if (Find(name) is { } entry)
        {
            return entry;
        }

        var nearest = Spelling.Nearest(name, Entries.SelectMany(known => known.Aliases.Append(known.Name)));
        var hint = nearest is null ? "" : $", did you mean '{nearest}'?";
        throw new KeyNotFoundException($"no model is called '{name}'{hint}; `models list` shows all names");
    }

    /// <summary>Reads a catalogue: a JSON array of entries with the names of <see cref="CatalogueEntry"/>'s properties.</summary>
    /// <exception cref="JsonException">It is not such an array; a property that no entry has is an error too.</exception>
    public static ModelCatalogue Read(Stream json) =>
        new(JsonSerializer.Deserialize(json, CatalogueJson.Default.CatalogueEntryArray)
            ?? throw new JsonException("The catalogue is empty."));

    private static ModelCatalogue ReadEmbedded()
    {
        using var stream = typeof(ModelCatalogue).Assembly.GetManifestResourceStream("catalogue.json")!;
        return Read(stream);
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    WriteIndented = true)]
[JsonSerializable(typeof(CatalogueEntry[]))]
[JsonSerializable(typeof(PinnedFile))]
[JsonSerializable(typeof(PartialDownload))]
internal sealed partial class CatalogueJson : JsonSerializerContext;
