using System.Text.Json;
using System.Text.Json.Nodes;
using Pagoda.Generation.ClipGen;
using Pagoda.Generation.Recipes;

namespace Pagoda.Generation;

/// <summary>
/// What makes the best pictures with a model, as measured: its <c>config.json</c> says it beside <c>recipe</c> (<see cref="RecipeJson"/>) under
/// <c>paint</c>, for example <c>{"method": "clip-gen", "refined": true, "clipGen": {"candidates": 32}, "refine": {"name": "energy", "steps": 10}}</c>.
/// </summary>
public sealed record PaintDefaults
{
    private const string Key = "paint";

    /// <summary>The method for requests that name none.</summary>
    public PaintMethod Method { get; init; } = PaintMethod.Pixels;

    /// <summary>Whether CLIP-GEN's picture is refined where the request names no method.</summary>
    public bool Refined { get; init; }

    /// <summary>The numbers of CLIP-GEN.</summary>
    public ClipGenOptions ClipGen { get; init; } = new();

    /// <summary>How to refine a draft: a recipe as <see cref="RecipeJson.Read"/> takes it; the model's own where null.</summary>
    public JsonNode? Refine { get; init; }

    /// <summary>What a model's folder says.</summary>
    /// <param name="folder">The folder with <c>config.json</c>.</param>
    /// <exception cref="GenerationException">The entry cannot be read.</exception>
    public static PaintDefaults OfModel(string folder)
    {
        var file = Path.Combine(folder, "config.json");
        if (!File.Exists(file))
        {
            return new PaintDefaults();
        }

        try
        {
            var entry = JsonNode.Parse(File.ReadAllBytes(file)) is JsonObject root ? root[Key] : null;
            var defaults = entry switch
            {
                null => new PaintDefaults(),
                JsonObject changes => RecipeJson.Filled(new PaintDefaults(), changes),
                _ => throw new JsonException("It is no object."),
            };
            defaults.ClipGen.Check();
            return defaults;
        }
        catch (Exception problem) when (problem is JsonException or GenerationException)
        {
            throw new GenerationException($"{file}, \"{Key}\": {problem.Message}", problem);
        }
    }

    /// <summary>The recipe that refines, where the model's own recipe is <paramref name="own"/>.</summary>
    /// <exception cref="GenerationException">It is none.</exception>
    public Recipe RefineRecipe(Recipe own) => Refine is null ? own : RecipeJson.Read(Refine);
}
