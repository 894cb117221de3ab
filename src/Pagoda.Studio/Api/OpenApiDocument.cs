using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Pagoda.Generation.Provenance;
using Pagoda.Studio.Jobs;
using Pagoda.Studio.Settings;

namespace Pagoda.Studio.Api;

/// <summary>The description of the API that programs read, and that the page lives from.</summary>
internal static class OpenApiDocument
{
    /// <summary>OpenAPI 3.1.</summary>
    /// <param name="operations">What the API can do.</param>
    /// <param name="settings">What can be asked for.</param>
    /// <param name="keyRequired">Whether clients need a key.</param>
    /// <param name="schemas">Further schemas.</param>
    public static JsonObject Of(IEnumerable<Operation> operations, SettingList settings, bool keyRequired, IEnumerable<(string Name, JsonObject Schema)> schemas)
    {
        var paths = new JsonObject();
        foreach (var group in operations.GroupBy(operation => operation.Path))
        {
            var path = new JsonObject();
            foreach (var operation in group)
            {
                path[operation.Verb.ToLowerInvariant()] = operation.ToOpenApi();
            }

            paths[group.Key] = path;
        }

        var axis = Schema("object", ("setting", new JsonObject { ["type"] = "string" }), ("values", new JsonObject { ["type"] = "array", ["items"] = new JsonObject() }));
        var components = new JsonObject
        {
            ["Settings"] = settings.ToSchema(),
            ["Error"] = Schema("object", ("error", Schema("object", [.. new[] { "message", "type", "param", "code" }.Select(name => (name, (JsonNode)new JsonObject { ["type"] = "string" }))]))),
            ["GridRequest"] = Schema("object", ("settings", Reference("Settings")), ("x", axis), ("y", axis.DeepClone())),
            ["Job"] = Exported<JobView>(),
            ["Picture"] = Exported<PictureView>(),
            ["Grid"] = Exported<GridView>(),
            ["JobList"] = Schema("object", ("jobs", Array("Job")), ("next", new JsonObject { ["type"] = "string" })),
            ["PictureList"] = Schema("object", ("pictures", Array("Picture")), ("next", new JsonObject { ["type"] = "string" }), ("total", new JsonObject { ["type"] = "integer" })),
            ["GridList"] = Schema("object", ("grids", Array("Grid"))),
            ["PresetList"] = Schema("object", ("presets", new JsonObject { ["type"] = "array", ["items"] = Exported<Preset>() })),
            ["Upload"] = Schema("object", ("id", new JsonObject { ["type"] = "string" }), ("width", new JsonObject { ["type"] = "integer" }), ("height", new JsonObject { ["type"] = "integer" }), ("url", new JsonObject { ["type"] = "string" })),
            ["PictureChange"] = Schema("object", ("starred", new JsonObject { ["type"] = "boolean" })),
            ["Object"] = new JsonObject { ["type"] = "object" },
        };
        foreach (var (name, schema) in schemas)
        {
            components[name] = schema;
        }

        var document = new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "Pagoda Studio", ["version"] = ProductVersion.Text, ["description"] = "Pictures from text, painted by CLIP. Events come as server-sent events; errors in OpenAI's form." },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = components },
        };
        if (keyRequired)
        {
            document["components"]!["securitySchemes"] = new JsonObject { ["key"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } };
            document["security"] = new JsonArray(new JsonObject { ["key"] = new JsonArray() });
        }

        return document;
    }

    /// <summary>A schema of an object.</summary>
    public static JsonObject Schema(string type, params ReadOnlySpan<(string Name, JsonNode Schema)> properties)
    {
        var all = new JsonObject();
        foreach (var (name, schema) in properties)
        {
            all[name] = schema;
        }

        return new JsonObject { ["type"] = type, ["properties"] = all };
    }

    private static JsonObject Reference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    private static JsonObject Array(string of) => new() { ["type"] = "array", ["items"] = Reference(of) };

    private static JsonObject Exported<T>() => (JsonObject)StudioJson.Options.GetJsonSchemaAsNode(typeof(T), new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true });
}
