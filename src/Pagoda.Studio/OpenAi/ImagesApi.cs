using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Pagoda.Formats.Images;
using Pagoda.Studio.Api;
using Pagoda.Studio.Jobs;
using Pagoda.Studio.Settings;

namespace Pagoda.Studio.OpenAi;

/// <summary>Pictures as OpenAI's client libraries ask for them. A request waits for its job; the job ends when the client goes.</summary>
internal sealed class ImagesApi
{
    private readonly Jobs.Studio _studio;
    private readonly StudioLimits _limits;
    private readonly ParameterList _generations;
    private readonly ParameterList _edits;
    private readonly ParameterList _variations;

    public ImagesApi(Jobs.Studio studio, StudioLimits limits)
    {
        (_studio, _limits) = (studio, limits);
        Setting[] all =
        [
            Text("prompt", "What to paint.") with { Length = limits.PromptLength },
            Text("model", "The model that paints; the server's first where none is named."),
            new("n", SettingType.Integer, "", "", "Pictures to paint, with seeds that follow one another.") { Least = 1, Most = limits.Count, Default = 1 },
            Text("size", $"Width and height as 64x64, square, up to {limits.Size}; auto for the model's own, or what is edited."),
            Text("response_format", "What to give of each picture; both where it is left out.", "url", "b64_json"),
            Text("output_format", "The form of the pictures.", "png", "webp", "jpeg") with { Default = "png" },
            new("output_compression", SettingType.Integer, "", "", "The quality of a webp or jpeg.") { Least = 0, Most = 100, Default = 100 },
            new("stream", SettingType.Boolean, "", "", "Answer with server-sent events.") { Default = false },
            new("partial_images", SettingType.Integer, "", "", "With stream, the most unfinished pictures to show of each.") { Least = 0, Most = 3, Default = 0 },
            Text("background", "Pictures are opaque.", "auto", "opaque", "transparent"),
            Text("quality", "Changes nothing.", "auto", "low", "medium", "high", "standard", "hd"),
            Text("style", "Changes nothing.", "vivid", "natural"),
            Text("moderation", "Changes nothing.", "auto", "low"),
            Text("input_fidelity", "Changes nothing.", "high", "low"),
            Text("user", "Not used."),
            new("seed", SettingType.Integer, "", "", "The randomness: the same seed gives the same picture. Not in OpenAI's API.") { Least = 0, Most = SettingList.LargestSeed },
            new("strength", SettingType.Number, "", "", "How much of the steps to take over the image. Not in OpenAI's API.") { Above = 0, Most = 1, Default = 1 },
        ];
        _generations = new ParameterList(Without("input_fidelity", "strength"), "pagoda");
        _edits = new ParameterList(Without("style"), "image", "image[]", "images", "mask", "pagoda");
        _variations = new ParameterList([.. all.Where(one => one.Name is "model" or "n" or "size" or "response_format" or "user" or "seed")], "image", "pagoda");

        Setting[] Without(params string[] names) => [.. all.Where(one => !names.Contains(one.Name))];
        static Setting Text(string name, string what, params string[] choices) => new(name, SettingType.String, "", "", what) { Choices = choices.Length == 0 ? null : choices };
    }

    public IEnumerable<Operation> Operations() =>
    [
        new("POST", "/v1/images/generations", "createImage", "openai", "Paint pictures of a prompt. With stream, as server-sent events.", GenerateAsync) { Body = "OpenAiImageRequest", Result = "OpenAiImages", Streams = true },
        new("POST", "/v1/images/edits", "createImageEdit", "openai", "Paint over a picture, or over the places of it that a mask says.", EditAsync) { Body = "OpenAiEditRequest", Form = "OpenAiEditForm", Result = "OpenAiImages", Streams = true },
        new("POST", "/v1/images/variations", "createImageVariation", "openai", "Paint variations of a picture.", VaryAsync) { Form = "OpenAiVariationForm", Result = "OpenAiImages" },
    ];

    public IEnumerable<(string Name, JsonObject Schema)> Schemas()
    {
        var (file, reference) = (new JsonObject { ["type"] = "string", ["format"] = "binary" }, OpenApiDocument.Schema("object", ("image_url", Plain("A data URL.")), ("file_id", Plain("A picture's id."))));
        (string, JsonObject) pagoda = ("pagoda", new JsonObject { ["$ref"] = "#/components/schemas/Settings" });
        yield return ("OpenAiImageRequest", _generations.ToSchema(Copy(pagoda)));
        yield return ("OpenAiEditRequest", _edits.ToSchema(("images", new JsonObject { ["type"] = "array", ["maxItems"] = 1, ["items"] = reference.DeepClone() }), ("mask", reference), Copy(pagoda)));
        yield return ("OpenAiEditForm", _edits.ToSchema(("image", Clone(file)), ("mask", Clone(file)), Copy(pagoda)));
        yield return ("OpenAiVariationForm", _variations.ToSchema(("image", file), pagoda));

        static JsonObject Plain(string what) => new() { ["type"] = "string", ["description"] = what };
        static JsonObject Clone(JsonObject schema) => (JsonObject)schema.DeepClone();
        static (string, JsonObject) Copy((string Name, JsonObject Schema) one) => (one.Name, Clone(one.Schema));
    }

    private async Task<object?> GenerateAsync(HttpContext http)
    {
        var body = await http.JsonAsync() as JsonObject ?? throw NoObject();
        var values = _generations.Read(body);
        var request = ImageRequest.Of(values, ImageRequest.Extension(body["pagoda"], _studio.Settings), new Dictionary<string, JsonNode?>(), null, _studio, _limits);
        return await PaintAsync(http, request, "image_generation");
    }

    private async Task<object?> EditAsync(HttpContext http)
    {
        var (values, pagoda, pictures) = await EditedAsync(http);
        ImageRequest.CheckModel((string?)values["model"], _studio.Models);
        Require((string?)values["prompt"] is { } prompt && !string.IsNullOrWhiteSpace(prompt), "The prompt is missing; say what to paint.", "prompt");
        var image = pictures.GetValueOrDefault("image") ?? throw ApiException.Invalid("The image is missing; send the picture to paint over.", "image", "missing_required_parameter");
        var mask = EditMask.Of(image, pictures.GetValueOrDefault("mask"));
        var found = new Dictionary<string, JsonNode?>
        {
            ["init"] = _studio.Files.Keep(image.ToRgb()).Id,
            ["mask"] = mask is null ? null : _studio.Files.Keep(mask).Id,
            ["method"] = "pixels",
        };
        var side = Math.Clamp(Math.Min(image.Width, image.Height), 8, _limits.Size);
        return await PaintAsync(http, ImageRequest.Of(values, pagoda, found, side, _studio, _limits), "image_edit");
    }

    private async Task<object?> VaryAsync(HttpContext http)
    {
        var (values, pagoda, pictures) = await FormAsync(http, _variations);
        ImageRequest.CheckModel((string?)values["model"], _studio.Models);
        var image = pictures.GetValueOrDefault("image") ?? throw ApiException.Invalid("The image is missing; send the picture to paint variations of.", "image", "missing_required_parameter");
        var model = (string?)values["model"] ?? (string?)pagoda["model"] ?? _studio.Models.Default;
        var found = new Dictionary<string, JsonNode?> { ["image"] = _studio.Files.Keep(image.ToRgb()).Id };
        if (_studio.Models.MethodsOf(model).Contains("clip-gen") && (string?)pagoda["method"] is null or "clip-gen")
        {
            // It draws in one size; what paints over it can have any.
            found["method"] = "clip-gen";
            found["refine"] = (string?)values["size"] is null or "auto" ? null : true;
        }

        return await PaintAsync(http, ImageRequest.Of(values, pagoda, found, null, _studio, _limits), "image_generation");
    }

    private async Task<(JsonObject Values, JsonObject Pagoda, Dictionary<string, Picture> Pictures)> EditedAsync(HttpContext http)
    {
        if (SentForm.IsSent(http.Request))
        {
            return await FormAsync(http, _edits);
        }

        var body = await http.JsonAsync((2 * _limits.UploadBytes) + 1_000_000) as JsonObject ?? throw NoObject();
        var values = _edits.Read(body);
        var pagoda = ImageRequest.Extension(body["pagoda"], _studio.Settings);
        Require(body["image"] is null && body["image[]"] is null, "In JSON the picture to paint over stands in images: [{\"image_url\": \"data:image/png;base64,…\"}].", "image");
        var pictures = new Dictionary<string, Picture>();
        if (body["images"] is { } images)
        {
            Require(images is JsonArray { Count: 1 }, "images has to be a list of one picture.", "images");
            pictures["image"] = await ReferenceAsync(images[0], "images", http.RequestAborted);
        }

        if (body["mask"] is { } mask)
        {
            pictures["mask"] = await ReferenceAsync(mask, "mask", http.RequestAborted);
        }

        return (values, pagoda, pictures);
    }

    private Task<Picture> ReferenceAsync(JsonNode? given, string param, CancellationToken cancel) =>
        given is JsonObject { Count: 1 } reference && (reference["image_url"] ?? reference["file_id"]) is { } source
            ? SentPicture.ReadAsync(_studio.Files, _limits, source, param, cancel)
            : throw ApiException.Invalid($"{param} has to say {{\"image_url\": \"data:image/png;base64,…\"}} or {{\"file_id\": \"a picture's id\"}}.", param);

    private async Task<(JsonObject Values, JsonObject Pagoda, Dictionary<string, Picture> Pictures)> FormAsync(HttpContext http, ParameterList parameters)
    {
        if (!SentForm.IsSent(http.Request))
        {
            throw new ApiException(415, "invalid_request_error", "The body has to be a form with files: send Content-Type: multipart/form-data.", null, "unsupported_media_type");
        }

        var form = await SentForm.ReadAsync(http, _limits.UploadBytes);
        var body = parameters.OfForm(form.Fields, _studio.Settings);
        foreach (var (name, _) in form.Files)
        {
            body.TryAdd(name, JsonValue.Create("a file"));
        }

        var values = parameters.Read(body);
        var pagoda = ImageRequest.Extension(body["pagoda"], _studio.Settings);
        var pictures = new Dictionary<string, Picture>();
        foreach (var (name, bytes) in form.Files)
        {
            var param = name == "image[]" ? "image" : name;
            Require(param is "image" or "mask", $"{param} is no file here.", param);
            Require(!pictures.ContainsKey(param), $"There is more than one {param}, and one is taken here.", param);
            pictures[param] = await _studio.Files.DecodeAsync(bytes, param, http.RequestAborted);
        }

        foreach (var param in new[] { "image", "image[]", "images", "mask" })
        {
            Require(!form.Fields.Any(field => field.Name == param), $"{param} has to be sent as a file.", param);
        }

        return (values, pagoda, pictures);
    }

    private async Task<object?> PaintAsync(HttpContext http, ImageRequest request, string kind)
    {
        var job = await _studio.AddAsync(request.Settings, http.Client(), attached: true);
        try
        {
            return await new ImageAnswer(_studio, _limits, http, request, job).SendAsync(kind);
        }
        finally
        {
            _studio.Leave(job);
        }
    }

    private static void Require(bool holds, string otherwise, string param)
    {
        if (!holds)
        {
            throw ApiException.Invalid(otherwise, param);
        }
    }

    private static ApiException NoObject() => ApiException.Invalid("The body is no JSON object; send {\"prompt\": \"a red apple\"}.");
}
