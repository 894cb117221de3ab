namespace Pagoda.Models.Clip.Tokenizer;

/// <summary>
/// Applies byte-pair merges to one word (Sennrich et al. 2016, section 3.2): as long as a pair of neighbours can merge,
/// all occurrences of the pair of the lowest rank merge, from left to right.
/// </summary>
internal static class BytePairMerger
{
    private const int ShortWord = 48;

    /// <summary>Merges <paramref name="symbols"/> in place and returns how many are left at its beginning.</summary>
    public static int Merge(BytePairVocabulary vocabulary, Span<int> symbols) =>
        symbols.Length <= ShortWord ? MergeShort(vocabulary, symbols) : MergeLong(vocabulary, symbols);

    private static int MergeShort(BytePairVocabulary vocabulary, Span<int> symbols)
    {
        var count = symbols.Length;
        while (count > 1)
        {
            var (lowest, left, right, merged) = (int.MaxValue, 0, 0, 0);
            for (var i = 0; i + 1 < count; i++)
            {
                if (vocabulary.TryMerge(symbols[i], symbols[i + 1], out var rank, out var result) && rank < lowest)
                {
                    (lowest, left, right, merged) = (rank, symbols[i], symbols[i + 1], result);
                }
            }

            if (lowest == int.MaxValue)
            {
                break;
            }

            var kept = 0;
            for (var i = 0; i < count; kept++)
            {
                var matches = symbols[i] == left && i + 1 < count && symbols[i + 1] == right;
                symbols[kept] = matches ? merged : symbols[i];
                i += matches ? 2 : 1;
            }

            count = kept;
        }

        return count;
    }

    /// <summary>The same result in O(n log n), for the endless word that somebody will paste one day.</summary>
    private static int MergeLong(BytePairVocabulary vocabulary, Span<int> symbols)
    {
        const int gone = -1;
        var count = symbols.Length;
        var previous = new int[count];
        var next = new int[count];
        var queue = new PriorityQueue<(int Left, int Right, int Position), (int Rank, int Position)>(count);
        for (var i = 0; i < count; i++)
        {
            (previous[i], next[i]) = (i - 1, i + 1);
        }

        for (var i = 0; i + 1 < count; i++)
        {
            Consider(symbols, i);
        }

        // The queue is emptied rank by rank, so that a merge of a lower rank that appears meanwhile waits, as it does
        // when the whole word is swept for one pair.
        var sweep = new List<(int Left, int Right, int Position)>();
        var merged = new List<int>();
        while (queue.TryPeek(out _, out var lowest))
        {
            sweep.Clear();
            merged.Clear();
            while (queue.TryPeek(out var candidate, out var priority) && priority.Rank == lowest.Rank)
            {
                sweep.Add(candidate);
                queue.Dequeue();
            }

            foreach (var (left, right, position) in sweep)
            {
                var second = next[position];
                if (symbols[position] != left || second >= count || symbols[second] != right)
                {
                    continue;
                }

                vocabulary.TryMerge(left, right, out _, out symbols[position]);
                merged.Add(position);
                symbols[second] = gone;
                next[position] = next[second];
                if (next[second] < count)
                {
                    previous[next[second]] = position;
                }
            }

            foreach (var position in merged)
            {
                Consider(symbols, previous[position]);
                Consider(symbols, position);
            }
        }

        var kept = 0;
        for (var i = 0; i < count; i = next[i])
        {
            symbols[kept++] = symbols[i];
        }

        return kept;

        void Consider(Span<int> word, int position)
        {
            if (position >= 0 && next[position] < count
                && vocabulary.TryMerge(word[position], word[next[position]], out var rank, out _))
            {
                queue.Enqueue((word[position], word[next[position]], position), (rank, position));
            }
        }
    }
}
