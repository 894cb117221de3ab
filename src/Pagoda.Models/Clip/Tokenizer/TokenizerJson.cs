using System.Text.Encodings.Web;
using System.Text.Json;

namespace Pagoda.Models.Clip.Tokenizer;

/// <summary>Hugging Face's <c>tokenizer.json</c> as their CLIP models have it (huggingface/tokenizers, model type BPE).</summary>
internal static class TokenizerJson
{
    private const int LargestId = (1 << 21) - 1;

    private const string SplitPattern =
        @"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

    /// <summary>Whether a JSON file has a <c>model</c>, as <c>tokenizer.json</c> has and <c>vocab.json</c> has not.</summary>
    public static bool IsTokenizerJson(string path)
    {
        using var document = Parse(path);
        return document.RootElement.TryGetProperty("model", out var model) && model.ValueKind == JsonValueKind.Object;
    }

    /// <summary>Reads the vocabulary, the merges (either way of writing them) and the special tokens.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or its model is not byte-level BPE of CLIP's kind.</exception>
    public static ClipTokenizer Read(string path, ClipTokenizerOptions? options)
    {
        using var document = Parse(path);
        if (!document.RootElement.TryGetProperty("model", out var model) || model.ValueKind != JsonValueKind.Object
            || !model.TryGetProperty("vocab", out var vocab) || !model.TryGetProperty("merges", out var merges)
            || merges.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidDataException($"{path}: there is no model with a vocab and merges; Pagoda reads BPE tokenizers.");
        }

        var suffix = model.TryGetProperty("end_of_word_suffix", out var end) ? end.GetString() : null;
        if (suffix != BytePairVocabulary.WordEnd)
        {
            throw new InvalidDataException(
                $"{path}: end_of_word_suffix is \"{suffix}\" where CLIP's tokenizers have \"{BytePairVocabulary.WordEnd}\".");
        }

        var ids = new Dictionary<string, int>();
        ReadIds(vocab, ids, path);
        if (document.RootElement.TryGetProperty("added_tokens", out var added) && added.ValueKind == JsonValueKind.Array)
        {
            foreach (var token in added.EnumerateArray())
            {
                ReadAddedToken(token, ids, path);
            }
        }

        var pairs = new List<string>(merges.GetArrayLength());
        foreach (var merge in merges.EnumerateArray())
        {
            pairs.Add(merge.ValueKind switch
            {
                JsonValueKind.String => merge.GetString()!,
                JsonValueKind.Array => string.Join(' ', merge.EnumerateArray()),
                _ => throw new InvalidDataException($"{path}: merge {pairs.Count + 1} is neither a text nor a list of two symbols."),
            });
        }

        return new ClipTokenizer(new BytePairVocabulary(ids, pairs, path), Fit(options, ids), path);
    }

    /// <summary>Adds the entries of a JSON object from symbols to ids.</summary>
    public static void ReadIds(JsonElement vocab, Dictionary<string, int> ids, string path)
    {
        if (vocab.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException($"{path}: the vocabulary is not an object of symbols and their ids.");
        }

        foreach (var entry in vocab.EnumerateObject())
        {
            AddId(ids, entry.Name, entry.Value, path);
        }
    }

    /// <summary>The given options, or those of the family whose special tokens the vocabulary has.</summary>
    public static ClipTokenizerOptions Fit(ClipTokenizerOptions? options, Dictionary<string, int> ids) =>
        options ?? (ids.ContainsKey(ClipTokenizerOptions.ClipGen.StartText) && !ids.ContainsKey(ClipTokenizerOptions.Clip.StartText)
            ? ClipTokenizerOptions.ClipGen
            : ClipTokenizerOptions.Clip);

    /// <summary>Writes the tokenizer so that Hugging Face's library reads it too; replaces the file only when complete.</summary>
    public static void Write(ClipTokenizer tokenizer, string path)
    {
        var temporary = path + ".partial";
        var options = new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var file = File.Create(temporary))
        using (var json = new Utf8JsonWriter(file, options))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            WriteAddedTokens(json, tokenizer);
            WritePipeline(json, tokenizer);
            WriteModel(json, tokenizer);
            json.WriteEndObject();
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static void WriteAddedTokens(Utf8JsonWriter json, ClipTokenizer tokenizer)
    {
        json.WriteStartArray("added_tokens");
        foreach (var id in new[] { tokenizer.StartToken, tokenizer.EndToken })
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", tokenizer.Vocabulary.Symbols[id]);
            json.WriteBoolean("single_word", false);
            json.WriteBoolean("lstrip", false);
            json.WriteBoolean("rstrip", false);
            json.WriteBoolean("normalized", true);
            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePipeline(Utf8JsonWriter json, ClipTokenizer tokenizer)
    {
        var pattern = SplitPattern
            .Replace(@"<\|startoftext\|>", EscapeBars(tokenizer.Options.StartText), StringComparison.Ordinal)
            .Replace(@"<\|endoftext\|>", EscapeBars(tokenizer.Options.EndText), StringComparison.Ordinal);
        WriteRaw(json, "normalizer", """
            {"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},{"type":"Lowercase"}]}
            """);
        WriteRaw(json, "pre_tokenizer", $$"""
            {"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":{{JsonSerializer.Serialize(pattern)}}},"behavior":"Removed","invert":true},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true}]}
            """);
        WriteRaw(json, "post_processor", $$"""
            {"type":"RobertaProcessing","sep":[{{JsonSerializer.Serialize(tokenizer.Options.EndText)}},{{tokenizer.EndToken}}],"cls":[{{JsonSerializer.Serialize(tokenizer.Options.StartText)}},{{tokenizer.StartToken}}],"trim_offsets":false,"add_prefix_space":false}
            """);
        WriteRaw(json, "decoder", """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true}""");
    }

    private static void WriteModel(Utf8JsonWriter json, ClipTokenizer tokenizer)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteString("unk_token", tokenizer.Options.EndText);
        json.WriteString("continuing_subword_prefix", "");
        json.WriteString("end_of_word_suffix", BytePairVocabulary.WordEnd);
        json.WriteBoolean("fuse_unk", false);
        json.WriteStartObject("vocab");
        foreach (var (symbol, id) in tokenizer.Vocabulary.Ids.OrderBy(entry => entry.Value))
        {
            json.WriteNumber(symbol, id);
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (var merge in tokenizer.Vocabulary.Merges)
        {
            json.WriteStringValue(merge);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteRaw(Utf8JsonWriter json, string name, string value)
    {
        using var document = JsonDocument.Parse(value);
        json.WritePropertyName(name);
        document.RootElement.WriteTo(json);
    }

    private static string EscapeBars(string text) => text.Replace("|", @"\|", StringComparison.Ordinal);

    private static void ReadAddedToken(JsonElement token, Dictionary<string, int> ids, string path)
    {
        if (token.ValueKind != JsonValueKind.Object || !token.TryGetProperty("content", out var content)
            || content.ValueKind != JsonValueKind.String || !token.TryGetProperty("id", out var id))
        {
            throw new InvalidDataException($"{path}: an entry of added_tokens lacks its content or its id.");
        }

        AddId(ids, content.GetString()!, id, path);
    }

    private static void AddId(Dictionary<string, int> ids, string symbol, JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var id) || id is < 0 or > LargestId)
        {
            throw new InvalidDataException($"{path}: the id of the symbol \"{symbol}\" is not a whole number from 0 to {LargestId}.");
        }

        ids[symbol] = id;
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path)) is { RootElement.ValueKind: JsonValueKind.Object } document
                ? document
                : throw new InvalidDataException($"{path}: a tokenizer file is a JSON object.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} is not valid JSON: {exception.Message}", exception);
        }
    }
}
