using System.Text;
using Pagoda.Models.Clip.Tokenizer.Cleaning;

namespace Pagoda.Models.Clip.Tokenizer;

/// <summary>Learns byte-pair merges from texts (Sennrich et al. 2016, algorithm 1), in CLIP's layout.</summary>
public static class BpeTrainer
{
    /// <summary>256 bytes, the same at the end of a word, and the start and the end token.</summary>
    public const int SmallestVocabulary = 514;

    /// <summary>
    /// Trains a tokenizer: the most frequent pair of neighbours becomes a symbol, again and again. The same texts give the
    /// same tokenizer. It has fewer symbols than asked for when the texts have no further pair that occurs often enough.
    /// </summary>
    /// <param name="texts">Captions; they are cleaned and cut into words as the tokenizer will do.</param>
    /// <param name="vocabularySize">How many ids there may be, <see cref="SmallestVocabulary"/> or more.</param>
    /// <param name="minimumCount">How often a pair has to occur to become a symbol.</param>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary is too small to spell every text.</exception>
    public static ClipTokenizer Train(IEnumerable<string> texts, int vocabularySize, int minimumCount = 2)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfLessThan(minimumCount, 1);
        if (vocabularySize < SmallestVocabulary)
        {
            throw new ArgumentOutOfRangeException(
                nameof(vocabularySize), vocabularySize, $"A vocabulary needs {SmallestVocabulary} ids or more: 512 for bytes, 2 special tokens.");
        }

        var options = ClipTokenizerOptions.Clip;
        var learner = new Learner(CountWords(texts, options));
        var merges = learner.Learn(vocabularySize - SmallestVocabulary, minimumCount);
        var vocabulary = BytePairVocabulary.FromMerges(merges, [options.StartText, options.EndText], "trained vocabulary");
        return new ClipTokenizer(vocabulary, options, "trained vocabulary");
    }

    private static Dictionary<string, int> CountWords(IEnumerable<string> texts, ClipTokenizerOptions options)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var scanner = new WordScanner(TextCleaning.Clean(text), options.StartText, options.EndText);
            while (scanner.TryNext(out var word))
            {
                if (!word.SequenceEqual(options.StartText) && !word.SequenceEqual(options.EndText))
                {
                    var key = word.ToString();
                    counts[key] = counts.GetValueOrDefault(key) + 1;
                }
            }
        }

        return counts;
    }

    /// <summary>The words as symbols, with a count for every pair of neighbours and the words where it is found.</summary>
    private sealed class Learner
    {
        private readonly List<(List<string> Symbols, int Count)> _words = [];
        private readonly Dictionary<(string Left, string Right), int> _counts = [];
        private readonly Dictionary<(string Left, string Right), HashSet<int>> _places = [];
        private readonly PriorityQueue<(string Left, string Right), (int Count, string Left, string Right)> _queue =
            new(Comparer<(int Count, string Left, string Right)>.Create(MostFrequentFirst));

        private readonly HashSet<string> _known = new(StringComparer.Ordinal);

        public Learner(Dictionary<string, int> words)
        {
            foreach (var (word, count) in words.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            {
                var symbols = Encoding.UTF8.GetBytes(word).Select(value => ByteSymbols.Character(value).ToString()).ToList();
                symbols[^1] += BytePairVocabulary.WordEnd;
                _known.UnionWith(symbols);
                _words.Add((symbols, count));
                CountPairs(_words.Count - 1, +1);
            }

            foreach (var pair in _counts.Keys)
            {
                Enqueue(pair);
            }
        }

        public List<string> Learn(int limit, int minimumCount)
        {
            var merges = new List<string>();
            while (merges.Count < limit && _queue.TryDequeue(out var pair, out var priority))
            {
                var count = _counts.GetValueOrDefault(pair);
                if (count != priority.Count)
                {
                    continue;
                }

                if (count < minimumCount)
                {
                    break;
                }

                // A symbol has one place in CLIP's layout, so a second way to the same symbol is not a merge.
                if (_known.Add(pair.Left + pair.Right))
                {
                    merges.Add($"{pair.Left} {pair.Right}");
                    Merge(pair);
                }
            }

            return merges;
        }

        private static int MostFrequentFirst((int Count, string Left, string Right) x, (int Count, string Left, string Right) y)
        {
            var order = y.Count.CompareTo(x.Count);
            order = order != 0 ? order : string.CompareOrdinal(x.Left, y.Left);
            return order != 0 ? order : string.CompareOrdinal(x.Right, y.Right);
        }

        private void Merge((string Left, string Right) pair)
        {
            var changed = new HashSet<(string, string)>();
            foreach (var index in _places[pair].ToArray())
            {
                var symbols = _words[index].Symbols;
                changed.UnionWith(CountPairs(index, -1));
                for (var i = 0; i + 1 < symbols.Count; i++)
                {
                    if (symbols[i] == pair.Left && symbols[i + 1] == pair.Right)
                    {
                        symbols[i] += pair.Right;
                        symbols.RemoveAt(i + 1);
                    }
                }

                changed.UnionWith(CountPairs(index, +1));
            }

            foreach (var other in changed)
            {
                Enqueue(other);
            }
        }

        private List<(string, string)> CountPairs(int index, int sign)
        {
            var (symbols, count) = _words[index];
            var pairs = new List<(string, string)>(symbols.Count);
            for (var i = 0; i + 1 < symbols.Count; i++)
            {
                var pair = (symbols[i], symbols[i + 1]);
                pairs.Add(pair);
                _counts[pair] = _counts.GetValueOrDefault(pair) + (sign * count);
                if (!_places.TryGetValue(pair, out var places))
                {
                    _places[pair] = places = [];
                }

                _ = sign > 0 ? places.Add(index) : places.Remove(index);
            }

            return pairs;
        }

        private void Enqueue((string Left, string Right) pair)
        {
            if (_counts[pair] > 0)
            {
                _queue.Enqueue(pair, (_counts[pair], pair.Left, pair.Right));
            }
        }
    }
}
