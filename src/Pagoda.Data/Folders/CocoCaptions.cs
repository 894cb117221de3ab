using System.Text.Json;

namespace Pagoda.Data.Folders;

/// <summary>
/// Reads COCO's caption files (captions_train2017.json and their like; Chen et al. 2015, arXiv 1504.00325): <c>images</c> with
/// <c>id</c> and <c>file_name</c>, <c>annotations</c> with <c>image_id</c> and <c>caption</c>. The file is read as a stream.
/// </summary>
internal static class CocoCaptions
{
    /// <param name="path">The JSON file.</param>
    /// <param name="folder">Where the pictures are.</param>
    /// <exception cref="DataException">It cannot be read or is no such file.</exception>
    public static CaptionedFiles Read(string path, string folder)
    {
        var files = new CaptionedFiles(path, folder);
        var pictures = new Dictionary<long, int>();
        // Annotations may stand before the images.
        var (captions, owners) = (new Utf8List(), new List<long>());
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
            JsonObjects.Read(stream, (section, item) =>
            {
                if (section == "images")
                {
                    pictures[Number(item, "id", path)] = files.Add(Text(item, "file_name", path));
                }
                else if (section == "annotations")
                {
                    owners.Add(Number(item, "image_id", path));
                    captions.Add(Text(item, "caption", path));
                }
            });
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new DataException($"{path} is no JSON file of COCO captions: {error.Message}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path} cannot be read: {error.Message}", error);
        }

        if (pictures.Count == 0 || owners.Count == 0)
        {
            throw new DataException($"{path} has no images and annotations with captions; give COCO's captions_*.json, not its instances or keypoints.");
        }

        for (var i = 0; i < owners.Count; i++)
        {
            if (pictures.TryGetValue(owners[i], out var picture))
            {
                files.AddCaption(picture, captions[i]);
            }
        }

        return files.Complete();
    }

    private static long Number(JsonElement item, string name, string path) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : throw Lacks(item, name, path);

    private static string Text(JsonElement item, string name, string path) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Lacks(item, name, path);

    private static DataException Lacks(JsonElement item, string name, string path)
    {
        var text = item.GetRawText();
        return new DataException($"{path}: an entry lacks {name}: {(text.Length > 100 ? text[..100] + "..." : text)} Give COCO's captions_*.json.");
    }
}
