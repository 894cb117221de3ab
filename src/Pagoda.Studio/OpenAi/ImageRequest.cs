using System.Globalization;
using System.Text.Json.Nodes;
using Pagoda.Studio.Painting;
using Pagoda.Studio.Settings;

namespace Pagoda.Studio.OpenAi;

/// <summary>A request to the images API: what to paint, and in what form to give it.</summary>
/// <param name="Settings">What to paint.</param>
/// <param name="Response"><c>url</c> or <c>b64_json</c>; null for both.</param>
/// <param name="Format"><c>png</c>, <c>webp</c> or <c>jpeg</c>.</param>
/// <param name="Compression">The quality of a WebP or JPEG, 0 to 100.</param>
/// <param name="Quality">What was asked for; it changes nothing.</param>
/// <param name="Stream">Whether events are the answer.</param>
/// <param name="Partials">The most unfinished pictures to show of each.</param>
internal sealed record ImageRequest(PaintSettings Settings, string? Response, string Format, int Compression, string Quality, bool Stream, int Partials)
{
    /// <summary>Reads a request whose parameters were each checked.</summary>
    /// <param name="values">What <see cref="ParameterList.Read"/> gave.</param>
    /// <param name="pagoda">Settings of Pagoda's own.</param>
    /// <param name="pictures">Settings that the operation has found: pictures, and what they need. What <paramref name="pagoda"/> says of the latter goes first.</param>
    /// <param name="side">The side for requests that leave it open; null for the model's own.</param>
    /// <param name="studio">Where it is to be painted.</param>
    /// <param name="limits">What may be asked for.</param>
    /// <exception cref="ApiException">Something is not as it should be.</exception>
    public static ImageRequest Of(JsonObject values, JsonObject pagoda, IReadOnlyDictionary<string, JsonNode?> pictures, int? side, Jobs.Studio studio, StudioLimits limits)
    {
        CheckModel((string?)values["model"], studio.Models);
        var settings = (JsonObject)pagoda.DeepClone();
        Put("prompt", "prompt", values["prompt"]);
        Put("model", "model", values["model"]);
        Put("count", "n", values["n"]);
        Put("seed", "seed", values["seed"]);
        Put("strength", "strength", values["strength"]);
        foreach (var (name, value) in pictures.Where(pair => pair.Value is not null))
        {
            if (name is "init" or "image" or "mask")
            {
                Put(name, name is "mask" ? "mask" : "image", value);
            }
            else if (!settings.ContainsKey(name))
            {
                settings[name] = value!.DeepClone();
            }
        }

        var asked = SideOf((string?)values["size"], limits.Size);
        Put("size", "size", asked is { } size ? JsonValue.Create(size) : null);
        if (side is { } otherwise && !settings.ContainsKey("size"))
        {
            settings["size"] = otherwise;
        }

        var request = new ImageRequest(
            studio.Settings.Read(settings),
            (string?)values["response_format"],
            (string?)values["output_format"] ?? "png",
            (int)((long?)values["output_compression"] ?? 100),
            (string?)values["quality"] ?? "auto",
            (bool?)values["stream"] ?? false,
            (int)((long?)values["partial_images"] ?? 0));
        if ((string?)values["background"] == "transparent")
        {
            throw ApiException.Invalid("background is transparent, and pictures here are opaque; leave it out.", "background");
        }

        if (request is { Format: "png", Compression: < 100 })
        {
            throw ApiException.Invalid("output_compression is for webp and jpeg, and a png keeps every pixel; leave it out.", "output_compression");
        }

        return request is { Stream: true, Response: "url" }
            ? throw ApiException.Invalid("A stream has its pictures in it; leave response_format out, or say b64_json.", "response_format")
            : request;

        void Put(string setting, string parameter, JsonNode? value)
        {
            if (value is not null && !settings.TryAdd(setting, value.DeepClone()))
            {
                throw ApiException.Invalid($"pagoda.{setting} says what {parameter} says too; leave one out.", $"pagoda.{setting}");
            }
        }
    }

    /// <summary>Reads <c>pagoda</c>: settings, each checked by itself.</summary>
    /// <exception cref="ApiException">One is not as it should be.</exception>
    public static JsonObject Extension(JsonNode? given, SettingList settings)
    {
        if (given is null)
        {
            return [];
        }

        if (given is not JsonObject)
        {
            throw ApiException.Invalid("pagoda is no JSON object; give settings as {\"steps\": 40}.", "pagoda");
        }

        try
        {
            return settings.Read(given, partial: true).ToJson();
        }
        catch (ApiException problem)
        {
            throw new ApiException(problem.Status, problem.Type, $"pagoda: {problem.Message}", problem.Param is null ? "pagoda" : $"pagoda.{problem.Param}", problem.Code);
        }
    }

    /// <summary>Refuses a model that is not here.</summary>
    public static void CheckModel(string? name, ModelShelf models)
    {
        if (name is not null && !models.Knows(name))
        {
            throw models.Unknown(name);
        }
    }

    /// <summary>The side of a picture from <c>WIDTHxHEIGHT</c>; null where it is left open.</summary>
    /// <param name="size">What was asked for.</param>
    /// <param name="most">The largest side.</param>
    /// <exception cref="ApiException">It has another form, is no square, or out of range.</exception>
    public static int? SideOf(string? size, int most)
    {
        if (size is null or "auto")
        {
            return null;
        }

        const int Least = 8;
        var sides = size.Split('x');
        if (sides.Length != 2 || !Side(sides[0], out var width) || !Side(sides[1], out var height))
        {
            throw ApiException.Invalid($"size is \"{(size.Length > 20 ? $"{size[..20]}…" : size)}\"; give it as 64x64, or say auto.", "size");
        }

        return width != height ? throw ApiException.Invalid($"size is {size}, and pictures here are square; choose {Least}x{Least} to {most}x{most}, or auto.", "size")
            : width < Least || width > most ? throw ApiException.Invalid($"size is out of range; choose {Least}x{Least} to {most}x{most}, or auto.", "size")
            : width;

        static bool Side(string text, out int side) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out side);
    }
}
