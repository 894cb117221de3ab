using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Pagoda.Models.Clip.Tokenizer;

namespace Pagoda.Tests.Models.Tokenizer;

public sealed class ClipTokenizerTests
{
    private static readonly ClipTokenizer s_tokenizer = BpeTrainer.Train(
        ["aab abab baba aabb abba bab", "ab ab aab aab bb bb aaa aaaa", "don't we'll it's THE the 12 12"], 560);

    [Fact]
    public void Tokenize_ShortText_IsFramedAndPadded()
    {
        var row = s_tokenizer.Tokenize("ab the", 8);
        var ids = s_tokenizer.Encode("ab the");
        Assert.Equal([s_tokenizer.StartToken, .. ids, s_tokenizer.EndToken], row.Take(ids.Length + 2).Select(id => (int)id));
        Assert.All(row.Skip(ids.Length + 2), id => Assert.Equal(0, id));
    }

    [Fact]
    public void Tokenize_TextThatJustFits_IsNotTruncated()
    {
        var row = s_tokenizer.Tokenize("1 1 1", 5, truncate: false);
        Assert.Equal(s_tokenizer.EndToken, row[^1]);
        Assert.Equal(5, row.Length);
    }

    [Fact]
    public void Tokenize_LongText_KeepsEndTokenOrNotAsAsked()
    {
        Assert.Equal(s_tokenizer.EndToken, s_tokenizer.Tokenize("1 1 1 1", 5)[^1]);
        var path = Save(s_tokenizer);
        var without = ClipTokenizer.FromTokenizerJson(path, ClipTokenizerOptions.Clip with { KeepEndWhenTruncating = false });
        File.Delete(path);
        Assert.Equal(without.Encode("1")[0], without.Tokenize("1 1 1 1", 5)[^1]);
    }

    [Fact]
    public void Tokenize_LongTextNotTruncated_SaysHowLong()
    {
        var error = Assert.Throws<ArgumentException>(() => s_tokenizer.Tokenize("1 1 1 1", 5, truncate: false));
        Assert.Contains("6 tokens", error.Message, StringComparison.Ordinal);
        Assert.Contains("context length is 5", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_SeveralTexts_GivesRowAfterRow()
    {
        var rows = s_tokenizer.Tokenize(["ab", "the ab"], 6);
        Assert.Equal(s_tokenizer.Tokenize("ab", 6), rows[..6]);
        Assert.Equal(s_tokenizer.Tokenize("the ab", 6), rows[6..]);
    }

    [Theory]
    [InlineData("don't we'll", "don 't we 'll ")]
    [InlineData("a1b22", "a 1 b 2 2 ")]
    [InlineData("!'s 's", "!' s 's ")]
    [InlineData("𝓯𝓪x", "𝓯𝓪x ")]
    [InlineData("x\u0345y", "x y ")]
    [InlineData("a<|ENDoftext|>b", "a <|endoftext|>b ")]
    public void Encode_Words_AreCutLikeThePattern(string text, string expected) =>
        Assert.Equal(expected, s_tokenizer.Decode(s_tokenizer.Encode(text)));

    [Fact]
    public void Encode_SpecialTokenInText_IsThatToken() =>
        Assert.Equal([s_tokenizer.StartToken, s_tokenizer.EndToken], s_tokenizer.Encode("<|startoftext|><|endoftext|>"));

    [Fact]
    public void Encode_AnyText_DecodesToItsCleanedLetters() =>
        Prop.ForAll(ArbMap.Default.ArbFor<UnicodeString>(), text =>
        {
            var cleaned = s_tokenizer.Clean(text.Get ?? "");
            var decoded = s_tokenizer.Decode(s_tokenizer.Encode(text.Get ?? ""));
            return Solid(decoded) == Solid(cleaned);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Encode_WordsOfAnyLength_MergeLikeTheDefinition()
    {
        var path = Save(s_tokenizer);
        using var json = JsonDocument.Parse(File.ReadAllText(path));
        File.Delete(path);
        var model = json.RootElement.GetProperty("model");
        var ids = model.GetProperty("vocab").EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetInt32());
        var ranks = model.GetProperty("merges").EnumerateArray()
            .Select((merge, rank) => (merge.GetString()!, rank)).ToDictionary(entry => entry.Item1, entry => entry.rank);
        var words = Gen.Elements('a', 'b').ArrayOf().Resize(200).Where(word => word.Length > 0).Select(word => new string(word));
        Prop.ForAll(words.ToArbitrary(), word =>
            s_tokenizer.Encode(word).SequenceEqual(Merge(word, ranks).Select(symbol => ids[symbol]))).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Encode_SeveralThreads_GivesEqualIds()
    {
        var texts = Enumerable.Range(0, 400).Select(i => $"ab{i} aab the {i * 7} bab").ToArray();
        var parallel = texts.AsParallel().AsOrdered().Select(s_tokenizer.Encode).ToArray();
        Assert.Equal(texts.Select(s_tokenizer.Encode), parallel);
    }

    [Fact]
    public void Encode_EndlessWord_IsFast()
    {
        var watch = Stopwatch.StartNew();
        Assert.NotEmpty(s_tokenizer.Encode(new string('a', 100_000)));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"took {watch.Elapsed}");
    }

    [Fact]
    public void Decode_UnknownId_NamesIt()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => s_tokenizer.Decode([999_999]));
        Assert.Contains("999999", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_RandomCharacters_NeverFails()
    {
        var seconds = double.Parse(Environment.GetEnvironmentVariable("PAGODA_FUZZ_SECONDS") ?? "3", CultureInfo.InvariantCulture);
        var random = new Random(20240817);
        string[] pieces = ["Ã", "â€", "&", "#", "x41", ";", "\u001B[", "m", "<", "'", "\uD800", "\uDC00", "Â ", "à", "РІ", "\uFF76\uFF9E", "Σ"];
        for (var watch = Stopwatch.StartNew(); watch.Elapsed.TotalSeconds < seconds;)
        {
            var text = new StringBuilder();
            for (var i = random.Next(1, 30); i > 0; i--)
            {
                _ = random.Next(3) == 0 ? text.Append((char)random.Next(0x10000)) : text.Append(pieces[random.Next(pieces.Length)]);
            }

            var cleaned = s_tokenizer.Clean(text.ToString());
            Assert.DoesNotContain("  ", cleaned, StringComparison.Ordinal);
            Assert.Equal(Solid(cleaned), Solid(s_tokenizer.Decode(s_tokenizer.Encode(text.ToString()))));
        }
    }

    /// <summary>Byte-pair encoding by its definition: the best pair everywhere, until no pair is left.</summary>
    private static List<string> Merge(string word, Dictionary<string, int> ranks)
    {
        var symbols = word.Select(letter => letter.ToString()).ToList();
        symbols[^1] += "</w>";
        while (true)
        {
            var best = symbols.Zip(symbols.Skip(1), (left, right) => $"{left} {right}").Where(ranks.ContainsKey)
                .OrderBy(pair => ranks[pair]).FirstOrDefault();
            if (best is null)
            {
                return symbols;
            }

            var parts = best.Split(' ');
            for (var i = 0; i + 1 < symbols.Count; i++)
            {
                if (symbols[i] == parts[0] && symbols[i + 1] == parts[1])
                {
                    symbols[i] = parts[0] + parts[1];
                    symbols.RemoveAt(i + 1);
                }
            }
        }
    }

    /// <summary>What is left to compare: U+0345 is in no class of CLIP's pattern and so gets lost.</summary>
    private static string Solid(string text) =>
        string.Concat(text.Where(character => !char.IsWhiteSpace(character) && character != '\u0345'))
            .Replace("</w>", "", StringComparison.Ordinal);

    private static string Save(ClipTokenizer tokenizer)
    {
        var path = Path.Combine(Path.GetTempPath(), $"pagoda-{Guid.NewGuid():N}.json");
        tokenizer.SaveTokenizerJson(path);
        return path;
    }
}
