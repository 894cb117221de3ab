using Pagoda.Models.Clip.Tokenizer;

namespace Pagoda.Models.Captioner;

/// <summary>
/// Captions as a captioner reads them: what it is shown, <c>start, w₁ … wₙ</c>, and what it is to say, <c>w₁ … wₙ, end</c>, filled up to the longest of them.
/// </summary>
public sealed class CaptionRows
{
    /// <summary>Stands in <see cref="Targets"/> where a caption has ended; cross-entropy leaves it out.</summary>
    public const long Nothing = -100;

    private CaptionRows(long[] inputs, long[] targets, int[] lengths, int length) => (Inputs, Targets, Lengths, Length) = (inputs, targets, lengths, length);

    /// <summary>What is shown, <c>[Count, Length]</c> row by row; zeros after a caption's last word.</summary>
    public long[] Inputs { get; }

    /// <summary>What is to be said, <c>[Count, Length]</c> row by row; <see cref="Nothing"/> after a caption's end.</summary>
    public long[] Targets { get; }

    /// <summary>Tokens that each caption has to say, its end among them.</summary>
    public IReadOnlyList<int> Lengths { get; }

    /// <summary>The longest of <see cref="Lengths"/>.</summary>
    public int Length { get; }

    /// <summary>Captions.</summary>
    public int Count => Lengths.Count;

    /// <summary>Reads captions. The tokenizer spells words that it does not know by their bytes, so that every text has its tokens and none is left out.</summary>
    /// <param name="tokenizer">The captioner's tokenizer.</param>
    /// <param name="captions">The captions.</param>
    /// <param name="contextLength">The captioner's longest caption, start and end among the tokens.</param>
    /// <param name="cut">Whether longer captions are cut short, as training does, or refused: the likelihood of a part is not that of the whole.</param>
    /// <exception cref="ArgumentException">There are no captions, or one is too long and is not to be cut.</exception>
    public static CaptionRows Of(ClipTokenizer tokenizer, IReadOnlyList<string> captions, int contextLength, bool cut = false)
    {
        if (captions.Count == 0)
        {
            throw new ArgumentException("There are no captions.", nameof(captions));
        }

        var most = contextLength - 2;
        var words = captions.Select(caption => tokenizer.Encode(caption)).ToArray();
        if (!cut && Array.FindIndex(words, ids => ids.Length > most) is >= 0 and var far)
        {
            throw new ArgumentException(
                $"The caption \"{captions[far]}\" has {words[far].Length} tokens, and the captioner reads {most}: leave it out, or name a captioner for longer captions.", nameof(captions));
        }

        int[] lengths = [.. words.Select(ids => Math.Min(ids.Length, most) + 1)];
        var length = lengths.Max();
        var (inputs, targets) = (new long[captions.Count * length], new long[captions.Count * length]);
        Array.Fill(targets, Nothing);
        for (var i = 0; i < words.Length; i++)
        {
            inputs[i * length] = tokenizer.StartToken;
            for (var at = 0; at < lengths[i] - 1; at++)
            {
                inputs[(i * length) + at + 1] = targets[(i * length) + at] = words[i][at];
            }

            targets[(i * length) + lengths[i] - 1] = tokenizer.EndToken;
        }

        return new CaptionRows(inputs, targets, lengths, length);
    }
}
