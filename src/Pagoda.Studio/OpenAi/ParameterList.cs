using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pagoda.Studio.Settings;

namespace Pagoda.Studio.OpenAi;

/// <summary>The parameters of an operation of OpenAI's: what checks them and what describes them.</summary>
/// <param name="parameters">The plain ones.</param>
/// <param name="others">Names that the operation reads by itself.</param>
internal sealed class ParameterList(IReadOnlyList<Setting> parameters, params IReadOnlyList<string> others)
{
    private readonly Dictionary<string, Setting> _byName = parameters.ToDictionary(parameter => parameter.Name);

    /// <summary>The plain parameters of a request, each checked by itself; what is null counts as left out.</summary>
    /// <exception cref="ApiException">One is unknown, of another type, or out of range.</exception>
    public JsonObject Read(JsonObject given)
    {
        var values = new JsonObject();
        foreach (var (name, value) in given)
        {
            if (!others.Contains(name) && Known(name) is var parameter && value is not null)
            {
                values[name] = parameter.Check(value);
            }
        }

        return values;
    }

    /// <summary>A form's fields as JSON; what is unknown or cannot be read as its type stays text, for <see cref="Read"/> to refuse.</summary>
    /// <param name="fields">Names and texts. Objects come as <c>pagoda[steps]</c>, as clients write them, or as JSON.</param>
    /// <param name="settings">What may stand in <c>pagoda</c>.</param>
    /// <exception cref="ApiException">A field comes twice.</exception>
    public JsonObject OfForm(IReadOnlyList<(string Name, string Text)> fields, SettingList settings)
    {
        var (body, inner) = (new JsonObject(), new JsonObject());
        foreach (var (name, text) in fields)
        {
            var nested = name.StartsWith("pagoda[", StringComparison.Ordinal) && name.EndsWith(']');
            var (into, key) = nested ? (inner, name[7..^1]) : (body, name);
            var value = !nested && key == "pagoda" ? Parsed(text) : Typed((nested ? settings.Find(key) : _byName.GetValueOrDefault(key))?.Type, text);
            if (!into.TryAdd(key, value))
            {
                throw ApiException.Invalid($"{Shown(name)} comes twice.", Shown(name));
            }
        }

        return inner.Count == 0 || body.TryAdd("pagoda", inner) ? body : throw ApiException.Invalid("pagoda comes twice.", "pagoda");
    }

    /// <summary>Their schema.</summary>
    /// <param name="more">Those that the operation reads by itself.</param>
    public JsonObject ToSchema(params IEnumerable<(string Name, JsonObject Schema)> more)
    {
        var properties = new JsonObject();
        foreach (var (name, schema) in more)
        {
            properties[name] = schema;
        }

        foreach (var parameter in parameters)
        {
            var schema = parameter.ToSchema();
            schema.Remove("title");
            schema.Remove("x-group");
            properties[parameter.Name] = schema;
        }

        return new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
    }

    private Setting Known(string name) => _byName.GetValueOrDefault(name) ?? throw ApiException.Invalid(
        $"There is no parameter {Shown(name)} here{(Pagoda.Models.Catalogue.Spelling.Nearest(name, _byName.Keys.Concat(others)) is { } near ? $"; did you mean {near}?" : ".")}", Shown(name), "unknown_parameter");

    private static string Shown(string name) => name.Length > 40 ? $"{name[..40]}…" : name;

    private static JsonNode? Typed(SettingType? type, string text) => type switch
    {
        SettingType.Integer or SettingType.Number when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => JsonValue.Create(number),
        SettingType.Boolean when bool.TryParse(text, out var truth) => JsonValue.Create(truth),
        _ => JsonValue.Create(text),
    };

    private static JsonNode? Parsed(string text)
    {
        try
        {
            return JsonNode.Parse(text, null, new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
        }
        catch (JsonException problem)
        {
            throw ApiException.Invalid($"pagoda is no JSON: {problem.Message}", "pagoda", "invalid_json");
        }
    }
}
