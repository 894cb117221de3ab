namespace Pagoda.Evaluation.Reports;

/// <summary>A number of a report with all that says how it came about, or its absence.</summary>
public sealed record Measurement
{
    /// <summary>What it belongs to, once reports are joined: the title of the report that it comes from.</summary>
    public string? Benchmark { get; init; }

    /// <summary>Whose pictures, or which model: a name for a row of a table.</summary>
    public required string Subject { get; init; }

    /// <summary>A part of the pictures that the number is over, such as a category of prompts; empty for all.</summary>
    public string Category { get; init; } = "";

    /// <summary>How it was measured; its <see cref="Protocol.Measure"/> is the column's name.</summary>
    public required Protocol Protocol { get; init; }

    /// <summary>The number with its 95 % interval; null where it is missing.</summary>
    public Interval? Score { get; init; }

    /// <summary>Whether less is better, as of distances.</summary>
    public bool LowerIsBetter { get; init; }

    /// <summary>Pictures that there are in the whole set; more than <see cref="Protocol.Samples"/> where a judge saw only a part.</summary>
    public required long Expected { get; init; }

    /// <summary>The same measure on real pictures of the same prompts: how far the judge itself can be trusted.</summary>
    public Interval? OnReal { get; init; }

    /// <summary>The file that the number was read from.</summary>
    public string? Source { get; init; }

    /// <summary>SHA-256 of that file.</summary>
    public string? SourceSha256 { get; init; }

    /// <summary>Why the number must not be taken at its face: too few samples, or a judge that had a part in the painting.</summary>
    public string? Warning { get; init; }

    /// <summary>What else to know about it.</summary>
    public string? Note { get; init; }

    /// <summary>When it was measured; no part of <see cref="Protocol"/>, since the day decides nothing.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Whether it is there over the whole set.</summary>
    public string Status => Score is null ? "missing" : Protocol.Samples == Expected ? "complete" : "partial";
}
