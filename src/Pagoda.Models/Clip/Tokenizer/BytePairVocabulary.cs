namespace Pagoda.Models.Clip.Tokenizer;

/// <summary>
/// The symbols of a byte-pair vocabulary with their ids, and which two neighbours merge into what, first merge first.
/// </summary>
internal sealed class BytePairVocabulary
{
    /// <summary>What a symbol that ends a word ends with.</summary>
    public const string WordEnd = "</w>";

    private const int LongestSymbol = 1024;

    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<long, long> _merges;

    /// <param name="ids">The id of every symbol, special tokens included.</param>
    /// <param name="merges">The pairs that merge, in order of rank, a space between the two symbols.</param>
    /// <param name="source">Names the file in errors.</param>
    /// <exception cref="InvalidDataException">A merge names a symbol that has no id.</exception>
    public BytePairVocabulary(Dictionary<string, int> ids, IReadOnlyList<string> merges, string source)
    {
        _ids = ids;
        Merges = merges;
        _merges = new Dictionary<long, long>(merges.Count);
        var lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> joined = stackalloc char[LongestSymbol];
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var merge = merges[rank];
            var space = merge.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0 || merge.Length > LongestSymbol || !lookup.TryGetValue(merge.AsSpan(0, space), out var left)
                || !lookup.TryGetValue(merge.AsSpan(space + 1), out var right)
                || !lookup.TryGetValue(Join(merge, space, joined), out var result))
            {
                throw new InvalidDataException(
                    $"{source}: merge {rank + 1}, \"{merge}\", has a part or a result that is not in the vocabulary.");
            }

            _merges[Pair(left, right)] = Pair(rank, result);
        }

        foreach (var id in ids.Values)
        {
            Size = Math.Max(Size, id + 1);
        }

        Symbols = new string?[Size];
        foreach (var (symbol, id) in ids)
        {
            Symbols[id] = symbol;
        }
    }

    /// <summary>One more than the largest id.</summary>
    public int Size { get; }

    /// <summary>The symbol of each id; null where no symbol has that id.</summary>
    public string?[] Symbols { get; }

    /// <summary>The merges in order of rank, a space between the two symbols.</summary>
    public IReadOnlyList<string> Merges { get; }

    /// <summary>The ids of all symbols.</summary>
    public IReadOnlyDictionary<string, int> Ids => _ids;

    /// <summary>
    /// Builds CLIP's layout: 256 bytes, the same with <see cref="WordEnd"/>, one symbol a merge, special tokens
    /// (openai/CLIP, <c>clip/simple_tokenizer.py</c>).
    /// </summary>
    public static BytePairVocabulary FromMerges(
        IReadOnlyList<string> merges, IEnumerable<string> specials, string source)
    {
        var ids = new Dictionary<string, int>(merges.Count + 520);
        var next = 0;
        foreach (var value in ByteSymbols.VocabularyOrder)
        {
            ids[ByteSymbols.Character(value).ToString()] = next++;
        }

        foreach (var value in ByteSymbols.VocabularyOrder)
        {
            ids[ByteSymbols.Character(value) + WordEnd] = next++;
        }

        foreach (var merge in merges)
        {
            ids[merge.Remove(merge.IndexOf(' ', StringComparison.Ordinal), 1)] = next++;
        }

        foreach (var special in specials)
        {
            ids[special] = next++;
        }

        return new BytePairVocabulary(ids, merges, source);
    }

    /// <summary>Whether the two symbols merge; if so, the merge's rank (lower goes first) and the symbol it makes.</summary>
    public bool TryMerge(int left, int right, out int rank, out int result)
    {
        var found = _merges.TryGetValue(Pair(left, right), out var merge);
        (rank, result) = ((int)(merge >> 32), (int)merge);
        return found;
    }

    private static ReadOnlySpan<char> Join(string merge, int space, Span<char> joined)
    {
        merge.AsSpan(0, space).CopyTo(joined);
        merge.AsSpan(space + 1).CopyTo(joined[space..]);
        return joined[..(merge.Length - 1)];
    }

    private static long Pair(int left, int right) => ((long)left << 32) | (uint)right;
}
