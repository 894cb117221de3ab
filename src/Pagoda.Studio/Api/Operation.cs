using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Pagoda.Studio.Api;

/// <summary>Something that the API can do: its route, and its entry in the OpenAPI document.</summary>
/// <param name="Verb">GET, POST, PUT, PATCH or DELETE.</param>
/// <param name="Path">Its path, with parameters in braces.</param>
/// <param name="Id">The name by which clients find it in the document.</param>
/// <param name="Tag">What it belongs to.</param>
/// <param name="Summary">What it does.</param>
/// <param name="Answer">Does it; what it gives back goes out as JSON, unless it has answered by itself and gives null.</param>
internal sealed record Operation(string Verb, string Path, string Id, string Tag, string Summary, Func<HttpContext, Task<object?>> Answer)
{
    /// <summary>The schema of its body by name, or a media type such as <c>image/*</c>; null for none.</summary>
    public string? Body { get; init; }

    /// <summary>The status of its answer.</summary>
    public int Status { get; init; } = 200;

    /// <summary>The schema of its answer by name, or a media type; null for none.</summary>
    public string? Result { get; init; }

    /// <summary>Parameters of its query: names, types, what they do.</summary>
    public IReadOnlyList<(string Name, string Type, string What)> Query { get; init; } = [];

    /// <summary>Whether it needs the key, where there is one.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Its entry in the OpenAPI document.</summary>
    public JsonObject ToOpenApi()
    {
        var entry = new JsonObject { ["operationId"] = Id, ["tags"] = new JsonArray(Tag), ["summary"] = Summary };
        var parameters = new JsonArray();
        foreach (var part in Path.Split('{').Skip(1))
        {
            parameters.Add(new JsonObject { ["name"] = part[..part.IndexOf('}')], ["in"] = "path", ["required"] = true, ["schema"] = new JsonObject { ["type"] = "string" } });
        }

        foreach (var (name, type, what) in Query)
        {
            parameters.Add(new JsonObject { ["name"] = name, ["in"] = "query", ["description"] = what, ["schema"] = new JsonObject { ["type"] = type } });
        }

        if (parameters.Count > 0)
        {
            entry["parameters"] = parameters;
        }

        if (Body is not null)
        {
            entry["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content(Body) };
        }

        var answer = new JsonObject { ["description"] = Status == 204 ? "Done." : "The answer." };
        if (Result is not null)
        {
            answer["content"] = Content(Result);
        }

        entry["responses"] = new JsonObject
        {
            [$"{Status}"] = answer,
            ["default"] = new JsonObject { ["description"] = "What is wrong, in one sentence.", ["content"] = Content("Error") },
        };
        if (IsOpen)
        {
            entry["security"] = new JsonArray();
        }

        return entry;
    }

    private static JsonObject Content(string what) => what.Contains('/')
        ? new JsonObject { [what] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string", ["format"] = "binary" } } }
        : new JsonObject { ["application/json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = $"#/components/schemas/{what}" } } };
}
