using System.Collections.Concurrent;
using System.Text;
using Pagoda.Models.Clip.Tokenizer.Cleaning;

namespace Pagoda.Models.Clip.Tokenizer;

/// <summary>
/// CLIP's byte-level byte-pair tokenizer, ids equal to those of openai/CLIP (<c>clip/simple_tokenizer.py</c>, ftfy 6.3
/// included) and, with <see cref="ClipTokenizerOptions.ClipGen"/>, of HFAiLab/clip-gen. It may be used by several threads.
/// </summary>
public sealed class ClipTokenizer
{
    private const int LargestCache = 1 << 17;
    private const int LongestCachedWord = 64;

    private readonly ConcurrentDictionary<string, int[]> _cache = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _cached;
    private readonly int[] _byteIds = new int[256];
    private readonly int[] _lastByteIds = new int[256];
    private int _cachedWords;

    internal ClipTokenizer(BytePairVocabulary vocabulary, ClipTokenizerOptions options, string source)
    {
        Vocabulary = vocabulary;
        Options = options;
        _cached = _cache.GetAlternateLookup<ReadOnlySpan<char>>();
        StartToken = Special(options.StartText);
        EndToken = Special(options.EndText);

        // A vocabulary that leaves out bytes means the end token by an unknown one, as Hugging Face's files declare.
        for (var value = 0; value < 256; value++)
        {
            var symbol = ByteSymbols.Character((byte)value).ToString();
            _byteIds[value] = vocabulary.Ids.GetValueOrDefault(symbol, EndToken);
            _lastByteIds[value] = vocabulary.Ids.GetValueOrDefault(symbol + BytePairVocabulary.WordEnd, EndToken);
        }

        int Special(string text) => vocabulary.Ids.TryGetValue(text, out var id)
            ? id
            : throw new InvalidDataException($"{source}: the vocabulary has no token {text}; it is not one of CLIP's kind.");
    }

    /// <summary>How this tokenizer cleans, frames and truncates text.</summary>
    public ClipTokenizerOptions Options { get; }

    /// <summary>One more than the largest id; the rows that a text tower's token embedding needs.</summary>
    public int VocabularySize => Vocabulary.Size;

    /// <summary>The id that begins every row: 49406 in CLIP's own vocabulary.</summary>
    public int StartToken { get; }

    /// <summary>The id that ends every row, the largest one: 49407 in CLIP's own vocabulary.</summary>
    public int EndToken { get; }

    internal BytePairVocabulary Vocabulary { get; }

    /// <summary>Loads whichever of the known forms lies at a path; see <see cref="TokenizerFiles.Load"/>.</summary>
    public static ClipTokenizer Load(string path, ClipTokenizerOptions? options = null) => TokenizerFiles.Load(path, options);

    /// <summary>Loads OpenAI's list of merges; see <see cref="TokenizerFiles.FromVocabulary"/>.</summary>
    public static ClipTokenizer FromVocabulary(string path, ClipTokenizerOptions? options = null) =>
        TokenizerFiles.FromVocabulary(path, options);

    /// <summary>Loads <c>vocab.json</c> and <c>merges.txt</c>; see <see cref="TokenizerFiles.FromHuggingFace"/>.</summary>
    public static ClipTokenizer FromHuggingFace(string path, ClipTokenizerOptions? options = null) =>
        TokenizerFiles.FromHuggingFace(path, options);

    /// <summary>Loads a <c>tokenizer.json</c>; see <see cref="TokenizerJson.Read"/>.</summary>
    public static ClipTokenizer FromTokenizerJson(string path, ClipTokenizerOptions? options = null) =>
        TokenizerJson.Read(path, options);

    /// <summary>Writes a Hugging Face <c>tokenizer.json</c>; see <see cref="TokenizerJson.Write"/>.</summary>
    public void SaveTokenizerJson(string path) => TokenizerJson.Write(this, path);

    /// <summary>The text as it is when it is cut into words: repaired, entities resolved, spaces collapsed, lower case.</summary>
    public string Clean(string text) => TextCleaning.Clean(text, Options.RepairText);

    /// <summary>The ids of a text, without start and end token.</summary>
    public int[] Encode(string text)
    {
        var ids = new List<int>();
        var scanner = new WordScanner(Clean(text), Options.StartText, Options.EndText);
        while (scanner.TryNext(out var word))
        {
            ids.AddRange(EncodeWord(word));
        }

        return [.. ids];
    }

    /// <summary>
    /// The text of ids: words end with a space, bytes that are not UTF-8 become U+FFFD, special tokens are spelled out.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var bytes = new List<byte>();
        foreach (var id in ids)
        {
            var symbol = (uint)id < (uint)VocabularySize ? Vocabulary.Symbols[id] : null;
            if (symbol is null)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(ids), id, $"Token {id} is not in the vocabulary, whose ids go from 0 to {VocabularySize - 1}.");
            }

            AddBytes(symbol, bytes);
        }

        return Encoding.UTF8.GetString([.. bytes]).Replace(BytePairVocabulary.WordEnd, " ", StringComparison.Ordinal);
    }

    /// <summary>The row of a text that CLIP's text tower reads: start token, ids, end token, zeros.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="contextLength">The length of the row.</param>
    /// <param name="truncate">Whether a text that is too long is cut short (open_clip does) or refused (CLIP's default).</param>
    /// <returns><c>[contextLength]</c> ids.</returns>
    /// <exception cref="ArgumentException">The text is too long and <paramref name="truncate"/> is false.</exception>
    public long[] Tokenize(string text, int contextLength = 77, bool truncate = true)
    {
        var row = new long[CheckLength(contextLength)];
        FillRow(text, row, truncate);
        return row;
    }

    /// <summary>The rows of several texts, one after the other.</summary>
    /// <returns><c>[texts.Count, contextLength]</c> ids, row by row.</returns>
    /// <inheritdoc cref="Tokenize(string, int, bool)"/>
    public long[] Tokenize(IReadOnlyList<string> texts, int contextLength = 77, bool truncate = true)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var rows = new long[texts.Count * CheckLength(contextLength)];
        for (var i = 0; i < texts.Count; i++)
        {
            FillRow(texts[i], rows.AsSpan(i * contextLength, contextLength), truncate);
        }

        return rows;
    }

    private static int CheckLength(int contextLength) => contextLength >= 2
        ? contextLength
        : throw new ArgumentOutOfRangeException(
            nameof(contextLength), contextLength, "A row needs room for the start and the end token: a context length of 2 or more.");

    private static void AddBytes(string symbol, List<byte> bytes)
    {
        foreach (var rune in symbol.EnumerateRunes())
        {
            // A special token may be spelled with characters that stand for no byte: these are themselves.
            if (rune.IsBmp && ByteSymbols.Byte((char)rune.Value) is >= 0 and var value)
            {
                bytes.Add((byte)value);
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(rune.ToString()));
            }
        }
    }

    private void FillRow(string text, Span<long> row, bool truncate)
    {
        var ids = Encode(text);
        if (ids.Length + 2 > row.Length && !truncate)
        {
            var shown = text.Length <= 60 ? text : text[..60] + "…";
            throw new ArgumentException(
                $"The text \"{shown}\" has {ids.Length + 2} tokens with start and end, but the context length is {row.Length}; shorten it or let it be truncated.",
                nameof(text));
        }

        row[0] = StartToken;
        var kept = Math.Min(ids.Length, row.Length - 1);
        for (var i = 0; i < kept; i++)
        {
            row[i + 1] = ids[i];
        }

        if (kept + 1 < row.Length)
        {
            row[kept + 1] = EndToken;
        }
        else if (Options.KeepEndWhenTruncating)
        {
            row[^1] = EndToken;
        }
    }

    private int[] EncodeWord(ReadOnlySpan<char> word)
    {
        if (_cached.TryGetValue(word, out var known))
        {
            return known;
        }

        var ids = word.SequenceEqual(Options.StartText) ? [StartToken]
            : word.SequenceEqual(Options.EndText) ? [EndToken]
            : MergeWord(word);
        if (word.Length <= LongestCachedWord && Volatile.Read(ref _cachedWords) < LargestCache && _cached.TryAdd(word, ids))
        {
            Interlocked.Increment(ref _cachedWords);
        }

        return ids;
    }

    private int[] MergeWord(ReadOnlySpan<char> word)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(word.Length)];
        var count = Encoding.UTF8.GetBytes(word, bytes);
        var symbols = new int[count];
        for (var i = 0; i < count; i++)
        {
            symbols[i] = i < count - 1 ? _byteIds[bytes[i]] : _lastByteIds[bytes[i]];
        }

        return symbols[..BytePairMerger.Merge(Vocabulary, symbols)];
    }
}
