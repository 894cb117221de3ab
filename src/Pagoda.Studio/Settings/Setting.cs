using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pagoda.Studio.Settings;

/// <summary>What a value of a setting is.</summary>
internal enum SettingType
{
    String,
    Integer,
    Number,
    Boolean,
}

/// <summary>A thing that can be said of a picture to be: the API's check of it, its place in the OpenAPI document, and the page's field.</summary>
/// <param name="Name">Its name in JSON.</param>
/// <param name="Type">What its value is.</param>
/// <param name="Group">The group of fields that it stands in.</param>
/// <param name="Title">What the page calls it.</param>
/// <param name="Description">What it does.</param>
internal sealed record Setting(string Name, SettingType Type, string Group, string Title, string Description)
{
    /// <summary>The least value, itself allowed.</summary>
    public double? Least { get; init; }

    /// <summary>A value that is too small.</summary>
    public double? Above { get; init; }

    /// <summary>The largest value.</summary>
    public double? Most { get; init; }

    /// <summary>The most characters.</summary>
    public int? Length { get; init; }

    /// <summary>The values that there are.</summary>
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>The methods that it is for; null for all.</summary>
    public IReadOnlyList<string>? Methods { get; init; }

    /// <summary>What the page enters it with, where that is no plain field.</summary>
    public string? Widget { get; init; }

    /// <summary>What is meant where it is left out; null where the model decides.</summary>
    public JsonNode? Default { get; init; }

    /// <summary>Its entry in the OpenAPI document.</summary>
    public JsonObject ToSchema()
    {
        var schema = new JsonObject { ["type"] = Type.ToString().ToLowerInvariant(), ["title"] = Title, ["description"] = Description };
        Add("minimum", Number(Least));
        Add("exclusiveMinimum", Number(Above));
        Add("maximum", Number(Most));
        Add("maxLength", Length);
        Add("enum", Array(Choices));
        Add("default", Default?.DeepClone());
        schema["x-group"] = Group;
        Add("x-methods", Array(Methods));
        Add("x-widget", Widget);
        return schema;

        void Add(string key, JsonNode? value)
        {
            if (value is not null)
            {
                schema[key] = value;
            }
        }

        // Whole limits are written without a point, as people write them.
        static JsonNode? Number(double? value) => value is not { } number ? null : number == Math.Floor(number) ? JsonValue.Create((long)number) : JsonValue.Create(number);
        static JsonArray? Array(IReadOnlyList<string>? values) => values is null ? null : [.. values.Select(value => JsonValue.Create(value))];
    }

    /// <summary>The value as it is kept, or a sentence on what is wrong with it.</summary>
    /// <exception cref="ApiException">The value is of another type or out of range.</exception>
    public JsonNode Check(JsonNode value)
    {
        var valid = Type switch
        {
            SettingType.Boolean => value.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
            SettingType.String => value.GetValueKind() == JsonValueKind.String,
            _ => value.GetValueKind() == JsonValueKind.Number,
        };
        Require(valid, $"is of another type; give {(Type == SettingType.Integer ? "an integer" : $"a {Type.ToString().ToLowerInvariant()}")}");
        if (Type is SettingType.Integer or SettingType.Number)
        {
            // Numbers may have come from a text or from code: only their text says the same of both.
            var number = double.Parse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture);
            Require(Type == SettingType.Number || number == Math.Floor(number), "is no whole number");
            Require(double.IsFinite(number) && !(number < Least) && !(number <= Above) && !(number > Most), $"is out of range; choose {Range()}");
            return Type == SettingType.Integer ? JsonValue.Create((long)number) : JsonValue.Create(number);
        }

        if (Type == SettingType.String)
        {
            var text = value.GetValue<string>();
            Require(Length is null || text.Length <= Length, $"has {text.Length} characters; {Length} are allowed");
            Require(Choices is null || Choices.Contains(text), $"is \"{(text.Length > 40 ? $"{text[..40]}…" : text)}\"; choose {string.Join(", ", Choices ?? [])}");
        }

        return value.DeepClone();

        void Require(bool holds, string otherwise)
        {
            if (!holds)
            {
                throw ApiException.Invalid($"{Name} {otherwise}.", Name);
            }
        }
    }

    private string Range()
    {
        var least = Least is { } from ? $"{from}" : Above is { } above ? $"above {above}" : null;
        return least is null ? Most is { } to ? $"at most {to}" : "a finite number" : Most is { } most ? $"{least} to {most}" : Least is null ? $"a number {least}" : $"{least} or more";
    }
}
