namespace Pagoda.Models.Clip.Tokenizer;

/// <summary>In what the tokenizers of the CLIP family differ from one another.</summary>
public sealed record ClipTokenizerOptions
{
    /// <summary>OpenAI's CLIP and open_clip.</summary>
    public static ClipTokenizerOptions Clip { get; } = new();

    /// <summary>CLIP-GEN (HFAiLab/clip-gen, <c>tokenizer/tokenizer.py</c>).</summary>
    public static ClipTokenizerOptions ClipGen { get; } = new()
    {
        RepairText = false,
        StartText = "<start_of_text>",
        EndText = "<end_of_text>",
        KeepEndWhenTruncating = false,
    };

    /// <summary>Whether broken text (wrong encodings, curly quotes, odd widths) is repaired first, as ftfy does.</summary>
    public bool RepairText { get; init; } = true;

    /// <summary>The text of the token that begins every row.</summary>
    public string StartText { get; init; } = "<|startoftext|>";

    /// <summary>The text of the token that ends every row.</summary>
    public string EndText { get; init; } = "<|endoftext|>";

    /// <summary>Whether the last id of a row that was cut short becomes the end token.</summary>
    public bool KeepEndWhenTruncating { get; init; } = true;
}
