using System.Text.Json;
using Pagoda.Models.Clip.Tokenizer;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>CLIP's and CLIP-GEN's tokenizer on lists of strings.</summary>
internal sealed class TokenizerVerifier : IFixtureVerifier
{
    public bool Recognises(Fixture fixture) => fixture.File.EndsWith(".json", StringComparison.Ordinal) && fixture.ComesFrom("SimpleTokenizer");

    public void Verify(FixtureRun run)
    {
        // Development data keeps the vocabulary in a folder of its own beside the fixtures.
        var vocabulary = run.Folder.Vocabulary
            ?? TokenizerPlaces.FindVocabulary(run.Folder.PathOf("."))
            ?? TokenizerPlaces.FindVocabulary(run.Folder.PathOf("../data/clip"))
            ?? throw new FileNotFoundException($"needs CLIP's vocabulary: run ./run models pull {TokenizerPlaces.CatalogueName}, or give --vocab {TokenizerPlaces.Vocabulary}");
        var options = run.Fixture.ComesFromRepository("HFAiLab/clip-gen") ? ClipTokenizerOptions.ClipGen : ClipTokenizerOptions.Clip;
        var tokenizer = ClipTokenizer.FromVocabulary(vocabulary, options);
        using var document = JsonDocument.Parse(File.ReadAllBytes(run.Folder.PathOf(run.Fixture.File)));
        var root = document.RootElement;
        var length = root.GetProperty("context_length").GetInt32();
        var cases = root.GetProperty("cases").EnumerateArray().ToList();
        Exactly(run, "rows", cases.Where(Has("ids")), one => tokenizer.Tokenize(Text(one), length).SequenceEqual(Row(one, root, length)));
        Exactly(run, "cleaned", cases.Where(Has("cleaned")), one => tokenizer.Clean(Text(one)) == one.GetProperty("cleaned").GetString());
        Exactly(run, "ids", cases.Where(Has("ids")), one => tokenizer.Encode(Text(one)).SequenceEqual(Ids(one, "ids").Select(id => (int)id)));
        Exactly(run, "decoded", cases.Where(Has("decoded")), one => tokenizer.Decode(tokenizer.Encode(Text(one))) == one.GetProperty("decoded").GetString());
        Exactly(run, "refused", cases.Where(Has("truncated")), one => Refuses(tokenizer, Text(one), length) == one.GetProperty("truncated").GetBoolean());
        Exactly(run, "start and end", [root], _ => (tokenizer.StartToken, tokenizer.EndToken) == (root.GetProperty("start").GetInt32(), root.GetProperty("end").GetInt32()));
    }

    private static void Exactly(FixtureRun run, string quantity, IEnumerable<JsonElement> cases, Func<JsonElement, bool> equal)
    {
        var all = cases.ToList();
        if (all.Count > 0)
        {
            run.Add(quantity, all.Count(one => !equal(one)), 0, $"of {all.Count} that differ");
        }
    }

    private static Func<JsonElement, bool> Has(string name) => one => one.TryGetProperty(name, out _);

    private static string Text(JsonElement one) => one.GetProperty("text").GetString()!;

    private static IEnumerable<long> Ids(JsonElement one, string name) => one.GetProperty(name).EnumerateArray().Select(id => id.GetInt64());

    private static IEnumerable<long> Row(JsonElement one, JsonElement root, int length)
    {
        if (one.TryGetProperty("row", out _))
        {
            return Ids(one, "row");
        }

        long[] framed = [root.GetProperty("start").GetInt64(), .. Ids(one, "ids"), root.GetProperty("end").GetInt64()];
        return framed.Concat(Enumerable.Repeat(0L, Math.Max(0, length - framed.Length)));
    }

    private static bool Refuses(ClipTokenizer tokenizer, string text, int length)
    {
        try
        {
            tokenizer.Tokenize(text, length, truncate: false);
            return false;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }
}
