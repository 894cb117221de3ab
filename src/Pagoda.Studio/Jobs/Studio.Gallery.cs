using System.Text.Json.Nodes;

namespace Pagoda.Studio.Jobs;

/// <content>The gallery: pictures that have been painted.</content>
internal sealed partial class Studio
{
    /// <summary>Pictures, newest first.</summary>
    public (IReadOnlyList<PictureView> Pictures, int Total) Pictures(string? search, bool starred, string? before, int limit)
    {
        lock (_lock)
        {
            var words = (search ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            List<(Job Job, PaintedPicture Picture)> found =
            [
                .. from id in Enumerable.Reverse(_gallery)
                   let job = _pictures[id]
                   let picture = job.Pictures.Find(one => one.Id == id)!
                   where (!starred || picture.Starred) && words.All(word => Mentions(job, picture, word))
                   select (job, picture),
            ];
            var from = before is null ? 0 : found.FindIndex(pair => pair.Picture.Id == before) + 1;
            return ([.. found.Skip(from).Take(limit).Select(pair => PictureView.Of(pair.Picture, pair.Job))], found.Count);
        }
    }

    /// <summary>One picture, with its curve and record.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public PictureView Picture(string id)
    {
        var view = Locked(() =>
        {
            var (job, at) = Place(id);
            return PictureView.Of(job.Pictures[at], job);
        });
        var png = Files.Find(id, ".png") ?? throw ApiException.Missing("The picture's file is gone.", "id");
        var record = PictureStore.Inspect(File.ReadAllBytes(png)).Record;
        return view with { Curve = Files.Curve(id), Record = JsonNode.Parse(record.ToJson()) };
    }

    /// <summary>Stars a picture, or not.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public PictureView Star(string id, bool starred)
    {
        lock (_lock)
        {
            var (job, at) = Place(id);
            job.Pictures[at] = job.Pictures[at] with { Starred = starred };
            _journal.Append(new { t = "star", id, starred });
            var view = PictureView.Of(job.Pictures[at], job);
            Events.Publish("picture", view, job.Id);
            return view;
        }
    }

    /// <summary>Deletes a picture and its files.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public async Task DeleteAsync(string id)
    {
        Task written;
        lock (_lock)
        {
            var (job, at) = Place(id);
            job.Pictures.RemoveAt(at);
            Hide(id);
            written = _journal.Append(new { t = "deleted", id });
            Events.Publish("deleted", new { picture = id }, job.Id);
        }

        await written;
        Files.Delete(id);
    }

    /// <summary>A stored picture's name for files to be taken along: from its prompt and seed.</summary>
    public (string Prompt, ulong Seed)? NameOf(string id) => Locked<(string, ulong)?>(() =>
        _pictures.TryGetValue(id, out var job) && job.Pictures.Find(picture => picture.Id == id) is { } found ? (job.Settings.Prompt, found.Seed) : null);

    private (Job Job, int At) Place(string id) => _pictures.TryGetValue(id, out var job) ? (job, job.Pictures.FindIndex(picture => picture.Id == id)) : throw ApiException.Missing("There is no such picture.", "id");

    private static bool Mentions(Job job, PaintedPicture picture, string word) =>
        job.Settings.Prompt.Contains(word, StringComparison.OrdinalIgnoreCase)
        || job.Settings.Shown("negative")?.Contains(word, StringComparison.OrdinalIgnoreCase) == true
        || picture.Method.Contains(word, StringComparison.OrdinalIgnoreCase)
        || picture.Model.Contains(word, StringComparison.OrdinalIgnoreCase)
        || picture.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture) == word;

    private void Show(Job job, PaintedPicture picture)
    {
        job.Pictures.Add(picture);
        _pictures[picture.Id] = job;
        _gallery.Add(picture.Id);
    }

    private void Hide(string id)
    {
        // Whoever deletes, deletes the latest mostly.
        var at = _gallery.LastIndexOf(id);
        if (at >= 0)
        {
            _gallery.RemoveAt(at);
        }

        _pictures.Remove(id);
    }
}
