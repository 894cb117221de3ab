using System.Text.Json;
using Pagoda.Models.Clip.Tokenizer;

namespace Pagoda.Tests.Models.Tokenizer;

/// <summary>Against outputs of the reference tokenizers.</summary>
public sealed class ClipReferenceTests
{
    private static readonly Lazy<ClipTokenizer> s_clip = new(() => ClipTokenizer.FromVocabulary(VocabularyPath));

    private static string VocabularyPath => SharedFolder.File("data", "clip", "bpe_simple_vocab_16e6.txt.gz");

    [SharedFact("data", "clip", "tokenizer_reference.jsonl")]
    public void Tokenize_PromptsAndCaptions_EqualClip()
    {
        var lines = File.ReadAllLines(SharedFolder.File("data", "clip", "tokenizer_reference.jsonl"));
        Assert.NotEmpty(lines);
        foreach (var line in lines)
        {
            using var document = JsonDocument.Parse(line);
            var expected = Ids(document.RootElement.GetProperty("tokens"));
            var ids = s_clip.Value.Encode(document.RootElement.GetProperty("text").GetString()!);
            Assert.Equal(expected, (int[])[s_clip.Value.StartToken, .. ids, s_clip.Value.EndToken]);
        }
    }

    [SharedFact("parity", "tokenizer_clip.json")]
    public void Tokenize_OddStrings_EqualClip() => CheckFixture("tokenizer_clip.json", s_clip.Value);

    [SharedFact("parity", "tokenizer_clipgen.json")]
    public void Tokenize_OddStrings_EqualClipGen() =>
        CheckFixture("tokenizer_clipgen.json", ClipTokenizer.FromVocabulary(VocabularyPath, ClipTokenizerOptions.ClipGen));

    [SharedFact("data", "clip", "bpe_simple_vocab_16e6.txt.gz")]
    public void SaveTokenizerJson_ClipVocabulary_LoadsWithEqualIds()
    {
        var path = Path.Combine(Path.GetTempPath(), $"pagoda-{Guid.NewGuid():N}.json");
        try
        {
            s_clip.Value.SaveTokenizerJson(path);
            var loaded = ClipTokenizer.Load(path);
            Assert.Equal(49408, loaded.VocabularySize);
            Assert.Equal(49406, loaded.StartToken);
            const string text = "A 2nd naïve café, \"日本語\" 🍎 <|endoftext|> supercalifragilisticexpialidocious";
            Assert.Equal(s_clip.Value.Encode(text), loaded.Encode(text));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void CheckFixture(string name, ClipTokenizer tokenizer)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(SharedFolder.File("parity", name)));
        var root = document.RootElement;
        var context = root.GetProperty("context_length").GetInt32();
        Assert.Equal(root.GetProperty("start").GetInt32(), tokenizer.StartToken);
        Assert.Equal(root.GetProperty("end").GetInt32(), tokenizer.EndToken);
        foreach (var item in root.GetProperty("cases").EnumerateArray())
        {
            var text = item.GetProperty("text").GetString()!;
            var expected = Ids(item.GetProperty("ids"));
            if (item.TryGetProperty("cleaned", out var cleaned))
            {
                Assert.Equal(cleaned.GetString(), tokenizer.Clean(text));
            }

            var ids = tokenizer.Encode(text);
            Assert.Equal(expected, ids);
            if (item.TryGetProperty("decoded", out var decoded))
            {
                Assert.Equal(decoded.GetString(), tokenizer.Decode(ids));
            }

            int[] row = [tokenizer.StartToken, .. expected, tokenizer.EndToken];
            if (item.TryGetProperty("row", out var stored))
            {
                row = Ids(stored);
            }

            var padded = new long[context];
            Array.ConvertAll(row, id => (long)id).CopyTo(padded, 0);
            Assert.Equal(padded, tokenizer.Tokenize(text, context));
            if (item.GetProperty("truncated").GetBoolean())
            {
                var error = Assert.Throws<ArgumentException>(() => tokenizer.Tokenize(text, context, truncate: false));
                Assert.Contains($"{ids.Length + 2} tokens", error.Message, StringComparison.Ordinal);
            }
        }
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];
}
