using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pagoda.Evaluation.Benchmarks;

/// <summary>One picture that a benchmark asks for.</summary>
/// <param name="Number">Its running number over all pictures of the set.</param>
/// <param name="Prompt">The prompt's number in the list.</param>
/// <param name="Text">The prompt, to the letter.</param>
/// <param name="Seed">The picture's seed.</param>
/// <param name="File">Its name in the folder of samples.</param>
public sealed record PictureJob(int Number, int Prompt, string Text, ulong Seed, string File);

/// <summary>Everything that decides the pictures of a set: two plans that are equal give the same files.</summary>
public sealed record PictureSetPlan
{
    /// <summary>Pictures of one prompt at most: their seeds lie side by side, and the next prompt's begin after so many.</summary>
    public const int MostPerPrompt = 1000;

    // A file's name has at most 255 bytes, of which the running number and the ending take 11 and more for large sets.
    private const int LongestName = 255;

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true,
    };

    /// <summary>What the set is for, such as <c>t2i-compbench/color</c>.</summary>
    public required string Benchmark { get; init; }

    /// <summary>What tables call the pictures; by their model and recipe where null.</summary>
    public string? Name { get; init; }

    /// <summary>Pictures of each prompt.</summary>
    public required int PerPrompt { get; init; }

    /// <summary>What the pictures' seeds are counted from.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Whether files are named <c>{prompt}_{number}.png</c>, as T2I-CompBench's judges read them, and not by the number alone.</summary>
    public required bool NamedByPrompt { get; init; }

    /// <summary>Model, method and their numbers.</summary>
    public required JsonObject Painting { get; init; }

    /// <summary>The prompts in order.</summary>
    public required IReadOnlyList<string> Prompts { get; init; }

    /// <summary>Where each prompt came from, where that is worth keeping: a photograph's number.</summary>
    public IReadOnlyList<string>? Sources { get; init; }

    /// <summary>The pictures. A picture's seed is a function of its prompt's number and its own among the prompt's, whatever shard paints it and however many there are of each.</summary>
    /// <exception cref="InvalidDataException">A prompt cannot be part of a file's name.</exception>
    public IReadOnlyList<PictureJob> Jobs()
    {
        if (NamedByPrompt && Prompts.FirstOrDefault(prompt => prompt.AsSpan().ContainsAny('/', '_', '\0')) is { } wrong)
        {
            throw new InvalidDataException($"The prompt \"{wrong}\" has a slash or an underscore, and the judges read the prompt from the file's name up to the first underscore; take them out of the list.");
        }

        var jobs = new List<PictureJob>(Prompts.Count * PerPrompt);
        for (var prompt = 0; prompt < Prompts.Count; prompt++)
        {
            for (var i = 0; i < PerPrompt; i++)
            {
                var number = jobs.Count;
                var name = string.Create(CultureInfo.InvariantCulture, $"{(NamedByPrompt ? $"{Prompts[prompt]}_" : "")}{number:000000}.png");
                if (System.Text.Encoding.UTF8.GetByteCount(name) > LongestName)
                {
                    throw new InvalidDataException($"The prompt \"{Prompts[prompt]}\" is too long for a file's name, which has to hold it; shorten it.");
                }

                jobs.Add(new PictureJob(number, prompt, Prompts[prompt], unchecked(Seed + ((ulong)prompt * MostPerPrompt) + (ulong)i), name));
            }
        }

        return jobs;
    }

    /// <summary>The plan as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is no plan.</exception>
    public static PictureSetPlan FromJson(string json, string name)
    {
        try
        {
            return JsonSerializer.Deserialize<PictureSetPlan>(json, s_json) is { PerPrompt: >= 1, Prompts.Count: >= 1 } plan ? plan : throw new JsonException("it has no prompts");
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException($"{name} is damaged: {problem.Message.ReplaceLineEndings(" ")}", problem);
        }
    }

    /// <summary>The first setting that another plan has differently, as a person would say it; null where they are the same.</summary>
    public string? DifferenceFrom(PictureSetPlan other)
    {
        var (mine, theirs) = (Tree(this), Tree(other));
        return Difference(mine, theirs, "");

        static JsonNode Tree(PictureSetPlan plan) => JsonSerializer.SerializeToNode(plan, s_json)!;
    }

    private static string? Difference(JsonNode? one, JsonNode? two, string path)
    {
        if (JsonNode.DeepEquals(one, two))
        {
            return null;
        }

        if (one is JsonObject a && two is JsonObject b)
        {
            return a.Select(pair => pair.Key).Union(b.Select(pair => pair.Key)).Select(key => Difference(a[key], b[key], path.Length == 0 ? key : $"{path}.{key}")).First(found => found is not null);
        }

        return one is JsonArray or JsonObject || two is JsonArray or JsonObject ? $"other {path}" : $"{path} {two?.ToJsonString() ?? "none"} and not {one?.ToJsonString() ?? "none"}";
    }
}
