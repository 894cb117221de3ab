using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Pagoda.Models;

namespace Pagoda.Generation.Recipes;

/// <summary>
/// Recipes as JSON: every number under its name in camel case. A model's <c>config.json</c> says under <c>recipe</c> how it
/// paints best, by a name (<c>"energy"</c>) or as an object with a name and the numbers that differ
/// (<c>{"name": "energy", "steps": 200}</c>). Where it does not, the method that trained it decides
/// (<c>{"training": {"method": "clip-jem"}}</c>, as training writes it).
/// </summary>
public static class RecipeJson
{
    private const string Key = "recipe";
    private const string Training = "training";

    /// <summary>How records are written: camel case, names of kinds, nothing that is null.</summary>
    internal static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };

    // Readers made by the compiler: making them by reflection is what a start waits for. They give left-out numbers zeros in place of their
    // defaults, so that they are only for what is filled in before.
    private static readonly JsonSerializerOptions s_all = new(Options) { DefaultIgnoreCondition = JsonIgnoreCondition.Never, TypeInfoResolver = RecipeReaders.Default };

    /// <summary>The recipe that a model's folder asks for, or that suits how it was trained; null when the folder says neither.</summary>
    /// <param name="folder">The folder with <c>config.json</c>.</param>
    /// <exception cref="GenerationException">The entry is no recipe.</exception>
    public static Recipe? OfModel(string folder)
    {
        var file = Path.Combine(folder, "config.json");
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(File.ReadAllBytes(file)) is not JsonObject root ? null
                : root[Key] is { } entry ? Read(entry)
                : OfMethod(root[Training] is JsonObject training && training["method"] is JsonValue method && method.TryGetValue<string>(out var name) ? name : "");
        }
        catch (Exception problem) when (problem is JsonException or GenerationException)
        {
            throw new GenerationException($"{file}, \"{Key}\": {problem.Message}", problem);
        }
    }

    /// <summary>The recipe for models that a training method made: a plain contrastive model has none of its own.</summary>
    private static Recipe? OfMethod(string method) => method.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant() switch
    {
        "energy" or "clipjem" => Recipe.Energy,
        "clipag" => Recipe.Clipag,
        _ => null,
    };

    /// <summary>Writes into a model's <c>config.json</c> how it paints best, and leaves the rest of the file as it is.</summary>
    /// <param name="folder">The folder with <c>config.json</c>.</param>
    /// <param name="recipe">A name, or an object with a name and the numbers that differ.</param>
    /// <exception cref="GenerationException">It is no recipe.</exception>
    /// <exception cref="InvalidDataException">The file is no JSON object.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void SetOfModel(string folder, JsonNode recipe)
    {
        Read(recipe);
        ConfigEntries.Set(Path.Combine(folder, "config.json"), Key, recipe.DeepClone());
    }

    /// <summary>Reads a recipe: a name, or an object with a name and the numbers that differ from the recipe of that name.</summary>
    /// <exception cref="GenerationException">It is neither, a number has an unknown name or is out of range.</exception>
    public static Recipe Read(JsonNode entry)
    {
        if (entry is JsonValue value && value.TryGetValue<string>(out var name))
        {
            return Recipe.Named(name);
        }

        return entry is JsonObject json && json["name"] is JsonValue text && text.TryGetValue<string>(out var of)
            ? Change(Recipe.Named(of), json)
            : throw new GenerationException("A recipe is a name, or an object with a name and the numbers that differ.");
    }

    /// <summary>An object of JSON as a value whose left-out numbers are those of another.</summary>
    /// <typeparam name="T">One of <see cref="RecipeReaders"/>.</typeparam>
    /// <param name="defaults">The other.</param>
    /// <param name="changes">What differs.</param>
    /// <exception cref="JsonException">It does not fit.</exception>
    internal static T Filled<T>(T defaults, JsonObject changes)
    {
        var all = AllOf(defaults);
        Fill(all, changes);
        return all.Deserialize(ReaderOf<T>())!;

        static void Fill(JsonObject all, JsonObject changes)
        {
            foreach (var (key, changed) in changes)
            {
                if (all[key] is JsonObject inner && changed is JsonObject innerChanges)
                {
                    Fill(inner, innerChanges);
                }
                else
                {
                    all[key] = changed?.DeepClone();
                }
            }
        }
    }

    private static JsonObject AllOf<T>(T value) => JsonSerializer.SerializeToNode(value, ReaderOf<T>())!.AsObject();

    private static JsonTypeInfo<T> ReaderOf<T>() => (JsonTypeInfo<T>)s_all.GetTypeInfo(typeof(T));

    /// <summary>A recipe with some of its numbers replaced.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="changes">New values under the names that the recipe's JSON has.</param>
    /// <exception cref="GenerationException">A name is unknown, or a value does not fit.</exception>
    public static Recipe Change(Recipe recipe, JsonObject changes)
    {
        var all = AllOf(recipe);
        var unknown = changes.Select(change => change.Key).FirstOrDefault(key => !all.ContainsKey(key));
        if (unknown is not null)
        {
            throw new GenerationException($"A recipe has no number \"{unknown}\"; it has {string.Join(", ", all.Select(property => property.Key))}.");
        }

        foreach (var (key, changed) in changes)
        {
            all[key] = changed?.DeepClone();
        }

        try
        {
            var result = all.Deserialize(ReaderOf<Recipe>())!;
            result.Check();
            return result;
        }
        catch (JsonException problem)
        {
            throw new GenerationException($"A value of the recipe does not fit: {problem.Message}", problem);
        }
    }
}

[JsonSerializable(typeof(Recipe))]
[JsonSerializable(typeof(PaintDefaults))]
internal sealed partial class RecipeReaders : JsonSerializerContext;
