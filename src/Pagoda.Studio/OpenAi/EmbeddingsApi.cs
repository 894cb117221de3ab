using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Pagoda.Formats.Images;
using Pagoda.Studio.Api;
using Pagoda.Studio.Settings;

namespace Pagoda.Studio.OpenAi;

/// <summary>Embeddings of texts, as OpenAI gives them, and of pictures.</summary>
internal sealed class EmbeddingsApi(Jobs.Studio studio, StudioLimits limits, Embedder embedder)
{
    private const int MostInputs = 256;

    private static readonly ParameterList s_parameters = new(
    [
        new("model", SettingType.String, "", "", "The CLIP that embeds; the server's first model where none is named."),
        new("encoding_format", SettingType.String, "", "", "Numbers, or base64 of 32-bit floats with the least byte first.") { Choices = ["float", "base64"], Default = "float" },
        new("dimensions", SettingType.Integer, "", "", "The numbers of an embedding, which have to be the model's own.") { Least = 1 },
        new("user", SettingType.String, "", "", "Not used."),
    ],
    "input");

    public IEnumerable<Operation> Operations() =>
    [
        new("POST", "/v1/embeddings", "createEmbedding", "openai", "Embeddings of texts and pictures, of length 1.", CreateAsync) { Body = "OpenAiEmbeddingRequest", Result = "OpenAiEmbeddingList" },
    ];

    public static JsonObject RequestSchema() => s_parameters.ToSchema(
        ("input", new JsonObject { ["description"] = $"A text, or a list of at most {MostInputs} texts and pictures, each picture as {{\"image\": \"data:image/png;base64,…\"}} or {{\"image\": \"its id\"}}." }));

    /// <summary>An embedding as base64 of 32-bit floats, the least byte first.</summary>
    public static string ToBase64(float[] values)
    {
        if (BitConverter.IsLittleEndian)
        {
            return Convert.ToBase64String(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        return Convert.ToBase64String([.. values.SelectMany(value => BitConverter.GetBytes(value).Reverse())]);
    }

    private async Task<object?> CreateAsync(HttpContext http)
    {
        if (await http.JsonAsync((limits.UploadBytes / 3 * 4) + 1_000_000) is not JsonObject body)
        {
            throw ApiException.Invalid("The body is no JSON object; send {\"model\": …, \"input\": \"a red apple\"}.");
        }

        var values = s_parameters.Read(body);
        var name = (string?)values["model"] ?? studio.Models.Default;
        if (!studio.Models.Knows(name))
        {
            throw studio.Models.Unknown(name);
        }

        var given = Given(body["input"]);
        var model = await embedder.ModelAsync(name, http.RequestAborted);
        if (values["dimensions"] is { } asked && (long)asked != model.Dimensions)
        {
            throw ApiException.Invalid($"dimensions is {asked}, and the embeddings of {name} have {model.Dimensions}; give that, or leave it out.", "dimensions");
        }

        List<EmbeddingInput> inputs = [];
        foreach (var one in given)
        {
            inputs.Add(await InputAsync(one, model, http.RequestAborted));
        }

        var embeddings = await embedder.EmbedAsync(name, inputs, http.RequestAborted);
        var tokens = embeddings.Sum(one => one.Tokens);
        var packed = (string?)values["encoding_format"] == "base64";
        return new
        {
            @object = "list",
            data = embeddings.Select((one, index) => new { @object = "embedding", index, embedding = packed ? (object)ToBase64(one.Values) : one.Values }),
            model = name,
            usage = new { prompt_tokens = tokens, total_tokens = tokens },
        };
    }

    private static IReadOnlyList<JsonNode?> Given(JsonNode? input)
    {
        if (input is null)
        {
            throw ApiException.Invalid("input is missing; give a text or a list of texts.", "input", "missing_required_parameter");
        }

        if (input is not JsonArray many)
        {
            return [input];
        }

        if (many.Count is 0 or > MostInputs)
        {
            throw ApiException.Invalid(many.Count == 0 ? "input is empty; give a text or a list of texts." : $"input has {many.Count} entries; {MostInputs} are allowed.", "input");
        }

        return many.Any(one => one is JsonArray || one?.GetValueKind() == JsonValueKind.Number)
            ? throw ApiException.Invalid("input has tokens, and every model here cuts texts its own way; give texts.", "input")
            : [.. many];
    }

    private async Task<EmbeddingInput> InputAsync(JsonNode? given, EmbeddingModel model, CancellationToken cancel)
    {
        if (given is JsonObject { Count: 1 } picture && picture.ContainsKey("image"))
        {
            // Shrunk here and not by the one thread that embeds: pictures that wait are small.
            var decoded = await SentPicture.ReadAsync(studio.Files, limits, picture["image"], "input", cancel);
            return new EmbeddingInput(null, await Task.Run(() => new ClipPreprocessing(model.ImageSize).Square(decoded.ToRgb()), cancel));
        }

        if (given is not JsonValue value || !value.TryGetValue<string>(out var text))
        {
            throw ApiException.Invalid("input has an entry that is neither a text nor {\"image\": …}.", "input");
        }

        return string.IsNullOrWhiteSpace(text) ? throw ApiException.Invalid("input has an empty text.", "input")
            : text.Length > limits.PromptLength ? throw ApiException.Invalid($"input has a text of {text.Length} characters; {limits.PromptLength} are allowed.", "input")
            : new EmbeddingInput(text, null);
    }
}
