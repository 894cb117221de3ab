namespace Pagoda.Models.Clip.Tokenizer;

/// <summary>
/// The symbols of a byte-pair vocabulary with their ids, and which two neighbours merge into what, first merge first.
/// </summary>
internal sealed class BytePairVocabulary
{
    /// <summary>What a symbol that ends a word ends with.</summary>
    public const string WordEnd = "</w>";

    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<long, (int Rank, int Result)> _merges;

    /// <param name="ids">The id of every symbol, special tokens included.</param>
    /// <param name="merges">The pairs that merge, in order of rank.</param>
    /// <param name="source">Names the file in errors.</param>
    /// <exception cref="InvalidDataException">A merge names a symbol that has no id.</exception>
    public BytePairVocabulary(Dictionary<string, int> ids, List<(string Left, string Right)> merges, string source)
    {
        _ids = ids;
        Merges = merges;
        _merges = new Dictionary<long, (int, int)>(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            if (!ids.TryGetValue(left, out var leftId) || !ids.TryGetValue(right, out var rightId)
                || !ids.TryGetValue(left + right, out var resultId))
            {
                throw new InvalidDataException(
                    $"{source}: merge {rank + 1}, \"{left} {right}\", has a part or a result that is not in the vocabulary.");
            }

            _merges[Pair(leftId, rightId)] = (rank, resultId);
        }

        Size = ids.Count == 0 ? 0 : ids.Values.Max() + 1;
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

    /// <summary>The merges in order of rank.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges { get; }

    /// <summary>The ids of all symbols.</summary>
    public IReadOnlyDictionary<string, int> Ids => _ids;

    /// <summary>
    /// Builds CLIP's layout: 256 bytes, the same with <see cref="WordEnd"/>, one symbol a merge, special tokens
    /// (openai/CLIP, <c>clip/simple_tokenizer.py</c>).
    /// </summary>
    public static BytePairVocabulary FromMerges(
        List<(string Left, string Right)> merges, IEnumerable<string> specials, string source)
    {
        var ids = new Dictionary<string, int>(merges.Count + 520, StringComparer.Ordinal);
        var next = 0;
        foreach (var value in ByteSymbols.VocabularyOrder)
        {
            ids[ByteSymbols.Character(value).ToString()] = next++;
        }

        foreach (var value in ByteSymbols.VocabularyOrder)
        {
            ids[ByteSymbols.Character(value) + WordEnd] = next++;
        }

        foreach (var (left, right) in merges)
        {
            ids[left + right] = next++;
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
        (rank, result) = merge;
        return found;
    }

    private static long Pair(int left, int right) => ((long)left << 32) | (uint)right;
}
