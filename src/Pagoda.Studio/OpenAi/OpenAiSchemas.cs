using System.Text.Json.Nodes;
using Pagoda.Studio.Api;

namespace Pagoda.Studio.OpenAi;

/// <summary>The schemas of what OpenAI's operations give.</summary>
internal static class OpenAiSchemas
{
    public static IEnumerable<(string Name, JsonObject Schema)> All(ImagesApi images) =>
    [
        .. images.Schemas(),
        ("OpenAiImages", OpenApiDocument.Schema(
            "object",
            ("created", Of("integer")),
            ("background", Of("string")),
            ("data", List(OpenApiDocument.Schema("object", ("b64_json", Of("string")), ("url", Of("string")), ("id", Of("string")), ("seed", Of("integer"))))),
            ("output_format", Of("string")),
            ("quality", Of("string")),
            ("size", Of("string")),
            ("usage", OpenApiDocument.Schema("object", ("input_tokens", Of("integer")), ("output_tokens", Of("integer")), ("total_tokens", Of("integer")))))),
        ("OpenAiModel", Model()),
        ("OpenAiModelList", OpenApiDocument.Schema("object", ("object", Of("string")), ("data", List(Model())))),
        ("OpenAiEmbeddingRequest", EmbeddingsApi.RequestSchema()),
        ("OpenAiEmbeddingList", OpenApiDocument.Schema(
            "object",
            ("object", Of("string")),
            ("data", List(OpenApiDocument.Schema("object", ("object", Of("string")), ("index", Of("integer")), ("embedding", new JsonObject { ["type"] = new JsonArray("array", "string") })))),
            ("model", Of("string")),
            ("usage", OpenApiDocument.Schema("object", ("prompt_tokens", Of("integer")), ("total_tokens", Of("integer")))))),
    ];

    private static JsonObject Model() => OpenApiDocument.Schema("object", ("id", Of("string")), ("object", Of("string")), ("created", Of("integer")), ("owned_by", Of("string")));

    private static JsonObject Of(string type) => new() { ["type"] = type };

    private static JsonObject List(JsonObject of) => new() { ["type"] = "array", ["items"] = of };
}
