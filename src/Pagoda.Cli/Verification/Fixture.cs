using System.Text.Json;
using System.Text.RegularExpressions;

namespace Pagoda.Cli.Verification;

/// <summary>An entry of a fixture folder's <c>index.json</c>: outputs of a reference implementation and how they came about.</summary>
internal sealed partial record Fixture
{
    private Fixture(JsonElement entry)
    {
        Entry = entry;
        File = entry.GetProperty("file").GetString()!;
        What = entry.TryGetProperty("what", out var what) ? what.GetString() ?? "" : "";
        Sha256 = entry.TryGetProperty("sha256", out var hash) ? hash.GetString() : null;
        Config = entry.TryGetProperty("config", out var config) && config.ValueKind == JsonValueKind.Object ? config : default;
        Sources = entry.TryGetProperty("source", out var sources) && sources.ValueKind == JsonValueKind.Array
            ? [.. sources.EnumerateArray().Select(source => (Text(source, "repository"), Text(source, "module")))]
            : [];
        WeightsFile = entry.TryGetProperty("weights", out var weights) && weights.ValueKind == JsonValueKind.String
            && OtherFile().Match(weights.GetString()!) is { Success: true } other ? other.Groups[1].Value : File;
    }

    /// <summary>The whole entry.</summary>
    public JsonElement Entry { get; }

    public string File { get; }

    public string What { get; }

    public string? Sha256 { get; }

    /// <summary>The sizes that weights do not show; undefined where the entry has none.</summary>
    public JsonElement Config { get; }

    public IReadOnlyList<(string Repository, string Module)> Sources { get; }

    /// <summary>The fixture whose file has the weights: this one unless the entry names another.</summary>
    public string WeightsFile { get; }

    /// <summary>The error allowed, relative to the largest reference value: 1e-4 unless the entry says otherwise.</summary>
    public double Tolerance =>
        Entry.TryGetProperty("tolerance", out var tolerance) && tolerance.ValueKind == JsonValueKind.Object
        && tolerance.TryGetProperty("relative", out var relative) && relative.ValueKind == JsonValueKind.Number
            ? relative.GetDouble()
            : 1e-4;

    /// <summary>Reads an index.</summary>
    /// <exception cref="InvalidDataException">It is none, or is not JSON.</exception>
    public static IReadOnlyList<Fixture> ReadIndex(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(System.IO.File.ReadAllBytes(path));
            return document.RootElement.TryGetProperty("fixtures", out var fixtures) && fixtures.ValueKind == JsonValueKind.Array
                ? [.. fixtures.EnumerateArray().Select(entry => new Fixture(entry.Clone()))]
                : throw new InvalidDataException($"{path} has no list of fixtures.");
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path} is no index of fixtures: {problem.Message}", problem);
        }
    }

    /// <summary>Whether a reference module's name contains a word.</summary>
    public bool ComesFrom(string module) => Sources.Any(source => source.Module.Contains(module, StringComparison.Ordinal));

    /// <summary>Whether a reference repository is among the sources.</summary>
    public bool ComesFromRepository(string repository) => Sources.Any(source => source.Repository == repository);

    /// <summary>Whether the entry lists an output or gradient of that name.</summary>
    public bool Lists(string name) => Names("outputs").Concat(Names("gradients")).Contains(name);

    /// <summary>Whether a setting is there and not null.</summary>
    public bool Has(string setting) => Setting(setting) is not null;

    public int Int(string setting) => Required(setting).GetInt32();

    public double Number(string setting) => Required(setting).GetDouble();

    public bool? Flag(string setting) => Setting(setting)?.GetBoolean();

    public string Text(string setting) => Setting(setting)?.GetString() ?? "";

    public int[] Ints(string setting) => [.. Required(setting).EnumerateArray().Select(item => item.GetInt32())];

    public double[] Numbers(string setting) => [.. Required(setting).EnumerateArray().Select(item => item.GetDouble())];

    public IEnumerable<string> Names(string group) =>
        Entry.TryGetProperty(group, out var names) && names.ValueKind == JsonValueKind.Object ? names.EnumerateObject().Select(name => name.Name) : [];

    public JsonElement? Setting(string name) =>
        Config.ValueKind == JsonValueKind.Object && Config.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string Text(JsonElement source, string name) => source.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    [GeneratedRegex(@"state dict in (\S+\.safetensors)")]
    private static partial Regex OtherFile();

    private JsonElement Required(string name) => Setting(name) ?? throw new InvalidDataException($"{File}: its entry in the index has no setting {name}.");
}
