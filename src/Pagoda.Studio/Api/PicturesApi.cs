using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Pagoda.Generation.Prompts;
using Pagoda.Studio.Jobs;

namespace Pagoda.Studio.Api;

/// <summary>Pictures: the gallery, uploads, files.</summary>
internal static class PicturesApi
{
    public static IEnumerable<Operation> Operations(Jobs.Studio studio, StudioLimits limits) =>
    [
        new("GET", "/api/pictures", "listPictures", "pictures", "Pictures, newest first.", http => Task.FromResult<object?>(List(studio, http)))
        {
            Result = "PictureList",
            Query = [("search", "string", "words that the prompt, method, model or seed have"), ("starred", "boolean", "only starred ones"), ("limit", "integer", "1 to 200"), ("before", "string", "the picture after which to go on")],
        },
        new("GET", "/api/pictures/{id}", "getPicture", "pictures", "One picture, with the curve of its energy and the record of all that it was made from.", http => Task.FromResult<object?>(studio.Picture(http.Route("id")))) { Result = "Picture" },
        new("PATCH", "/api/pictures/{id}", "changePicture", "pictures", "Star a picture, or not.", http => StarAsync(studio, http)) { Body = "PictureChange", Result = "Picture" },
        new("DELETE", "/api/pictures/{id}", "deletePicture", "pictures", "Delete a picture and its files.", http => DeleteAsync(studio, http)) { Status = 204 },
        new("POST", "/api/uploads", "uploadPicture", "pictures", "Keep a PNG, JPEG or WebP to paint from.", http => UploadAsync(studio, limits, http)) { Body = "image/*", Status = 201, Result = "Upload" },
        new("POST", "/api/inspect", "inspectPicture", "pictures", "The settings in a PNG that Pagoda has written.", http => InspectAsync(studio, limits, http)) { Body = "image/png", Result = "Object" },
        new("GET", "/files/{name}", "getFile", "pictures", "A picture's file: its id with .png, .webp, .svg or .animated.svg. Its name is its key.", http => FileAsync(studio, http))
        {
            Result = "image/*",
            IsOpen = true,
            Query = [("download", "boolean", "as a file to be kept, under a name that says what it is"), ("strip", "boolean", "PNG: without the settings in it")],
        },
    ];

    private static object List(Jobs.Studio studio, HttpContext http)
    {
        var limit = http.Limit();
        var (pictures, total) = studio.Pictures(http.Query("search"), http.Query("starred") == "true", http.Query("before"), limit);
        return new { pictures, next = pictures.Count == limit ? pictures[^1].Id : null, total };
    }

    private static async Task<object?> StarAsync(Jobs.Studio studio, HttpContext http)
    {
        var body = await http.JsonAsync();
        return body is JsonObject { Count: 1 } change && change["starred"] is JsonValue value && value.TryGetValue<bool>(out var starred)
            ? studio.Star(http.Route("id"), starred)
            : throw ApiException.Invalid("What can be changed is {\"starred\": true} or false.", "starred");
    }

    private static async Task<object?> DeleteAsync(Jobs.Studio studio, HttpContext http)
    {
        await studio.DeleteAsync(http.Route("id"));
        return null;
    }

    private static async Task<object?> UploadAsync(Jobs.Studio studio, StudioLimits limits, HttpContext http)
    {
        var (id, width, height) = await studio.Files.UploadAsync(await http.BytesAsync(limits.UploadBytes), "picture", http.RequestAborted);
        return new { id, width, height, url = $"/files/{id}.png" };
    }

    private static async Task<object?> InspectAsync(Jobs.Studio studio, StudioLimits limits, HttpContext http)
    {
        var (settings, record) = PictureStore.Inspect(await http.BytesAsync(limits.UploadBytes));
        settings ??= studio.Settings.Of(record);
        return new { settings = studio.Settings.Known(settings).ToJson(), record = JsonNode.Parse(record.ToJson()) };
    }

    private static async Task<object?> FileAsync(Jobs.Studio studio, HttpContext http)
    {
        var name = http.Route("name");
        var dot = name.IndexOf('.');
        var (id, extension) = dot < 0 ? (name, "") : (name[..dot], name[dot..]);
        var type = extension switch { ".png" => "image/png", ".webp" => "image/webp", ".svg" or ".animated.svg" => "image/svg+xml", _ => null };
        var file = type is null ? null : extension == ".png" ? studio.Files.Find(id) : studio.Files.Find(id, extension);
        if (file is null)
        {
            throw ApiException.Missing("There is no such file.");
        }

        var headers = http.Response.Headers;
        headers.CacheControl = "private, max-age=31536000, immutable";
        // A drawing opened by itself is a document: it runs nothing.
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        http.Response.ContentType = type!;
        if (http.Request.Query.ContainsKey("download"))
        {
            var stem = studio.NameOf(id) is var (prompt, seed) ? $"{FileStem.Of(prompt)}-{seed}" : id;
            var attachment = new ContentDispositionHeaderValue("attachment");
            attachment.SetHttpFileName($"{stem}{extension}");
            headers.ContentDisposition = attachment.ToString();
        }

        if (http.Request.Query.ContainsKey("strip") && extension == ".png")
        {
            await http.Response.Body.WriteAsync(PictureStore.Strip(await File.ReadAllBytesAsync(file, http.RequestAborted)), http.RequestAborted);
        }
        else
        {
            await http.Response.SendFileAsync(file, http.RequestAborted);
        }

        return null;
    }
}
