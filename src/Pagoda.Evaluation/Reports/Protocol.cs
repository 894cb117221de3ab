using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Pagoda.Generation.Provenance;

namespace Pagoda.Evaluation.Reports;

/// <summary>
/// Everything beside the pictures that decides a number. Two numbers of equal <see cref="Fingerprint"/> were measured in the same way; the
/// signature, readable as those of sacreBLEU (Post 2018, arXiv 1804.08771) are, belongs beside a number wherever it is printed.
/// </summary>
public sealed record Protocol
{
    private const int FingerprintDigits = 12;
    private const int HashDigits = 10;

    /// <summary>What is measured, such as <c>fid</c>, <c>fid-4</c> or <c>clipsim</c>.</summary>
    public required string Measure { get; init; }

    /// <summary>The network that looks at the pictures, or the scripts whose results were read.</summary>
    public string? Network { get; init; }

    /// <summary>SHA-256 of that network's weights, lower-case hexadecimal; null where they are not known.</summary>
    public string? Weights { get; init; }

    /// <summary>How pictures are brought to the network's size, such as <c>pytorch-fid</c> or <c>clean-fid</c>.</summary>
    public string? Resizer { get; init; }

    /// <summary>Standard deviation in pixels of the Gaussian that both sides are blurred with; 0 for none.</summary>
    public double Blur { get; init; }

    /// <summary>SHA-256 of the captions or prompts, one a line; null where there are none.</summary>
    public string? Captions { get; init; }

    /// <summary>SHA-256 of what the pictures are held against (statistics, or all files' names and bytes); null where there is none.</summary>
    public string? Reference { get; init; }

    /// <summary>Seed of whatever is drawn: subsets, captions, attacks, resamples.</summary>
    public ulong Seed { get; init; }

    /// <summary>Pictures that the number is over.</summary>
    public required long Samples { get; init; }

    /// <summary>Version and commit of the program.</summary>
    public string Version { get; init; } = ProductVersion.Text;

    /// <summary>The measure's other settings by name, such as splits, k or steps, as they are to be printed.</summary>
    public SortedDictionary<string, string> Settings { get; init; } = new(StringComparer.Ordinal);

    /// <summary>All of it in one line, hashes shortened: <c>fid|network:inception-fid@6726825d09|resizer:pytorch-fid|…</c>.</summary>
    [JsonIgnore]
    public string Signature => Line(HashDigits);

    /// <summary>The first 12 digits of the SHA-256 of the whole of it.</summary>
    public string Fingerprint => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Line(int.MaxValue))))[..FingerprintDigits];

    /// <summary>SHA-256 of captions, one a line.</summary>
    public static string HashOf(IEnumerable<string> captions) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', captions))));

    /// <summary>All of it by name in the signature's order, hashes whole; what there is none of is left out.</summary>
    public IReadOnlyList<(string Name, string Value)> Fields() => [("measure", Measure), .. Parts(int.MaxValue)];

    private string Line(int digits) => string.Concat([Measure, .. Parts(digits).Select(part => $"|{part.Name}:{part.Value}")]);

    private List<(string Name, string Value)> Parts(int digits)
    {
        var parts = new List<(string, string)>();
        Part("network", Network is null ? null : Weights is null ? Network : $"{Network}@{Short(Weights)}");
        Part("resizer", Resizer);
        Part("blur", Blur == 0 ? null : Blur.ToString(CultureInfo.InvariantCulture));
        Part("captions", Short(Captions));
        Part("reference", Short(Reference));
        Part("seed", Seed.ToString(CultureInfo.InvariantCulture));
        Part("samples", Samples.ToString(CultureInfo.InvariantCulture));
        foreach (var (name, value) in Settings)
        {
            Part(name, value);
        }

        Part("version", Version);
        return parts;

        void Part(string name, string? value)
        {
            if (value is not null)
            {
                parts.Add((name, value));
            }
        }

        string? Short(string? hash) => hash is null || hash.Length <= digits ? hash : hash[..digits];
    }
}
