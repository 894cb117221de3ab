namespace Pagoda.Models.Catalogue;

/// <summary>One published file of weights: what it is, where it comes from and how to know that it arrived whole.</summary>
public sealed record CatalogueEntry
{
    /// <summary>The name by which commands know it, in lower case: <c>clipag-vit-b-32</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What the weights are for: <c>clip</c>, <c>tokenizer</c>, <c>vqgan</c>, <c>gpt</c>, <c>diffusion</c> or <c>metric</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>One line for people.</summary>
    public required string What { get; init; }

    /// <summary>The network's name; for CLIP the one that open_clip uses (<c>ViT-B-32</c>).</summary>
    public string? Architecture { get; init; }

    /// <summary>
    /// <c>quickgelu</c> (x · σ(1.702 x), OpenAI's own weights) or <c>gelu</c>. The weights do not say which they were trained with, and the
    /// wrong one gives bad pictures without an error.
    /// </summary>
    public string? Activation { get; init; }

    /// <summary>Mean of red, green and blue in [0, 1] that CLIP's pictures are shifted by; <see langword="null"/> for OpenAI's.</summary>
    public IReadOnlyList<double>? Mean { get; init; }

    /// <summary>Standard deviation that they are divided by; <see langword="null"/> for OpenAI's.</summary>
    public IReadOnlyList<double>? Std { get; init; }

    /// <summary>How the file is written: <c>torchscript</c>, <c>pytorch</c>, <c>open_clip</c>, <c>lightning checkpoint</c>, …</summary>
    public required string Format { get; init; }

    /// <summary>The licence of the weights; <see langword="null"/> where it has not been established: read it at the source.</summary>
    public string? Licence { get; init; }

    /// <summary>The page of the people who published it.</summary>
    public required Uri Source { get; init; }

    /// <summary>Where to download it; each later address is for when the one before does not exist.</summary>
    public required IReadOnlyList<Uri> Urls { get; init; }

    /// <summary>Length in bytes; <see langword="null"/> where unknown, then the first pull records what it saw.</summary>
    public long? Size { get; init; }

    /// <summary>SHA-256 in lower-case hexadecimal; <see langword="null"/> where unknown, then the first pull records what it saw.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Other names by which it is known: <c>ViT-B/32</c>, <c>ViT-B-32:laion2b_s34b_b79k</c>.</summary>
    public IReadOnlyList<string> Aliases { get; init => field = value ?? []; } = [];

    /// <summary>The name under which the file from <paramref name="url"/> is kept.</summary>
    public string FileName(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        var last = Path.GetFileName(url.AbsolutePath);
        return last.Length > 0 ? last : $"{Name}.ckpt";
    }
}
