using System.Text.Json;

namespace Pagoda.Models.Clip.Configs;

/// <summary>An object of a JSON file, read with errors that say where a value is and what was wanted.</summary>
internal sealed class JsonFields
{
    private readonly string _where;
    private readonly Dictionary<string, JsonElement> _fields;

    public JsonFields(JsonElement element, string where)
    {
        _where = where;
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException($"{where} is {Kind(element)}, not an object.");
        }

        // Configurations write null for what they leave to the default.
        _fields = element.EnumerateObject().Where(field => field.Value.ValueKind != JsonValueKind.Null)
            .DistinctBy(field => field.Name).ToDictionary(field => field.Name, field => field.Value);
    }

    public IReadOnlyCollection<string> Names => _fields.Keys;

    public static JsonFields ReadFile(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return new JsonFields(document.RootElement.Clone(), path);
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException($"{path} is not valid JSON: {problem.Message}", problem);
        }
    }

    public bool Has(string name) => _fields.ContainsKey(name);

    public JsonFields? Object(string name) => _fields.TryGetValue(name, out var value) ? new JsonFields(value, At(name)) : null;

    public JsonFields RequiredObject(string name) => Object(name) ?? throw Missing(name);

    /// <summary>These fields, with those of another object in front of them.</summary>
    public JsonFields Under(JsonFields? stronger)
    {
        foreach (var (name, value) in stronger?._fields ?? [])
        {
            _fields[name] = value;
        }

        return this;
    }

    public int Count(string name, int? otherwise = null)
    {
        if (!_fields.TryGetValue(name, out var value))
        {
            return otherwise ?? throw Missing(name);
        }

        return AsCount(value, name);
    }

    public int[] Counts(string name, int least = 1)
    {
        var value = _fields.TryGetValue(name, out var found) ? found : throw Missing(name);
        return value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => AsCount(item, name, least))] : [AsCount(value, name, least)];
    }

    /// <summary>A side in pixels, given as one number or as two equal ones.</summary>
    public int Side(string name, int otherwise)
    {
        if (!Has(name))
        {
            return otherwise;
        }

        var sides = Counts(name);
        return sides.Length is 1 or 2 && sides[0] == sides[^1]
            ? sides[0]
            : throw new InvalidDataException($"{At(name)} is [{string.Join(", ", sides)}]; Pagoda's models take squares.");
    }

    public double Number(string name, double otherwise) =>
        !_fields.TryGetValue(name, out var value) ? otherwise
            : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number
            : throw Wrong(name, value, "a number");

    public double[]? Numbers(string name, int? count = null)
    {
        if (!_fields.TryGetValue(name, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Array && (count is null || value.GetArrayLength() == count) && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number)
            ? [.. value.EnumerateArray().Select(item => item.GetDouble())]
            : throw Wrong(name, value, count is null ? "a list of numbers" : $"a list of {count} numbers");
    }

    public bool Flag(string name) =>
        _fields.TryGetValue(name, out var value) && value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(name, value, "true or false"),
        };

    public string? Text(string name) =>
        !_fields.TryGetValue(name, out var value) ? null
            : value.ValueKind == JsonValueKind.String ? value.GetString()
            : throw Wrong(name, value, "a string");

    /// <summary>Refuses settings that Pagoda does not know, unless they are off.</summary>
    public void RefuseOthers(params ReadOnlySpan<string> known)
    {
        foreach (var (name, value) in _fields)
        {
            if (value.ValueKind != JsonValueKind.False && !known.Contains(name))
            {
                throw new InvalidDataException($"{At(name)} is {Shown(value)}, a variant of CLIP that Pagoda does not have.");
            }
        }
    }

    public string At(string name) => $"{_where}: {name}";

    private int AsCount(JsonElement value, string name, int least = 1) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count >= least && count < 1 << 24
            ? count
            : throw Wrong(name, value, $"a whole number from {least} to {(1 << 24) - 1}");

    private InvalidDataException Missing(string name) => new($"{At(name)} is missing.");

    private InvalidDataException Wrong(string name, JsonElement value, string wanted) => new($"{At(name)} is {Shown(value)}, not {wanted}.");

    private static string Shown(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= 40 ? text : text[..40] + "…";
    }

    private static string Kind(JsonElement value) => value.ValueKind == JsonValueKind.Array ? "a list" : Shown(value);
}
