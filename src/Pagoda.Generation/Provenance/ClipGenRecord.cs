using Pagoda.Generation.ClipGen;

namespace Pagoda.Generation.Provenance;

/// <summary>A network that had a part in a painting.</summary>
/// <param name="Source">What it was asked for by; null where it lay beside the painting's model.</param>
/// <param name="Sha256">SHA-256 of its file, in lower-case hexadecimal.</param>
public sealed record NetworkRecord(string? Source, string Sha256);

/// <summary>What CLIP-GEN's part of a painting was made with.</summary>
public sealed record ClipGenRecord
{
    /// <summary>How it sampled and chose.</summary>
    public required ClipGenOptions Options { get; init; }

    /// <summary>The transformer.</summary>
    public required NetworkRecord Gpt { get; init; }

    /// <summary>The VQGAN.</summary>
    public required NetworkRecord Vqgan { get; init; }

    /// <summary>Where the CLIP's embeddings lie (<see cref="ModalityShift"/>), if it was measured.</summary>
    public NetworkRecord? Modality { get; init; }

    /// <summary>In records of format 2, what judged the candidates, where it was another CLIP than the model's own; later ones have <see cref="PaintingRecord.Critics"/>.</summary>
    public NetworkRecord? Critic { get; init; }

    /// <summary>What refined the picture, where it was another CLIP than the model's own.</summary>
    public NetworkRecord? Refiner { get; init; }

    /// <summary>The networks that are not the same in another record, by what they are.</summary>
    public IEnumerable<string> DifferencesFrom(ClipGenRecord other)
    {
        (string Name, NetworkRecord? Mine, NetworkRecord? Others)[] all =
        [
            ("transformer", Gpt, other.Gpt), ("VQGAN", Vqgan, other.Vqgan), ("modality shift", Modality, other.Modality),
            ("refining model", Refiner, other.Refiner),
        ];
        return all.Where(one => one.Mine?.Sha256 != one.Others?.Sha256).Select(one => one.Name);
    }

    internal static ClipGenRecord Of(GenerationRequest request, ClipGenNetworks networks, string? gpt, string? vqgan) => new()
    {
        Options = request.ClipGen!,
        Gpt = new NetworkRecord(gpt, networks.Gpt.Hash),
        Vqgan = new NetworkRecord(vqgan, networks.Vqgan.Hash),
        Modality = networks.ModalityFile is { } file ? new NetworkRecord(null, FileRecord.Of(file).Sha256) : null,
        Refiner = request is { Refine: true, Refiner.Clip: { } refiner } ? new NetworkRecord(refiner.Path, refiner.Hash) : null,
    };
}
