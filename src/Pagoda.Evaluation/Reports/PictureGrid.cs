using Pagoda.Evaluation.Benchmarks;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Provenance;

namespace Pagoda.Evaluation.Reports;

/// <summary>The same prompts as several subjects painted them: rows of a page.</summary>
/// <param name="Subjects">Columns.</param>
/// <param name="Rows">A prompt and a small picture for each subject as a <c>data:</c> address; null where it is not painted.</param>
public sealed record PictureGrid(IReadOnlyList<string> Subjects, IReadOnlyList<(string Prompt, IReadOnlyList<string?> Pictures)> Rows)
{
    /// <summary>Larger pictures are cut to their middle square and made this wide.</summary>
    public const int Side = 128;

    private const float Quality = 85;

    // Of a folder without a plan, whose prompts are in the pictures themselves.
    private const int MostLoose = 1000;
    private static readonly string[] s_endings = [".png", ".jpg", ".jpeg", ".webp"];

    /// <summary>Takes the first picture of each of some prompts, none picked: those that most subjects have, evenly over the list.</summary>
    /// <param name="subjects">Whose pictures; of one benchmark.</param>
    /// <param name="count">Prompts at most.</param>
    /// <param name="wanted">Parts of prompts to take instead, whatever their case; none for the even choice.</param>
    /// <returns>Null where there are no pictures, or none of the wanted prompts.</returns>
    /// <exception cref="InvalidDataException">A folder's plan is damaged.</exception>
    /// <exception cref="PictureException">A picture is.</exception>
    public static PictureGrid? Of(IReadOnlyList<SubjectPictures> subjects, int count, IReadOnlyList<string> wanted)
    {
        var found = subjects.Select(subject => (subject.Subject, Files: FilesOf(subject))).Where(one => one.Files.Count > 0).ToList();
        if (found.Count == 0 || count < 1)
        {
            return null;
        }

        var prompts = found.SelectMany(one => one.Files.Keys).Distinct().ToList();
        if (wanted.Count > 0)
        {
            prompts = [.. wanted.SelectMany(part => prompts.Where(prompt => prompt.Contains(part, StringComparison.OrdinalIgnoreCase))).Distinct().Take(count)];
        }
        else
        {
            var most = prompts.Max(Having);
            prompts = [.. prompts.Where(prompt => Having(prompt) == most)];
            var taken = Math.Min(count, prompts.Count);
            prompts = [.. Enumerable.Range(0, taken).Select(i => prompts[i * prompts.Count / taken])];
        }

        return prompts.Count == 0 ? null : new PictureGrid([.. found.Select(one => one.Subject)], [.. prompts.Select(prompt => (prompt, (IReadOnlyList<string?>)[.. found.Select(one => one.Files.GetValueOrDefault(prompt) is { } file ? Thumbnail(file) : null)]))]);

        int Having(string prompt) => found.Count(one => one.Files.ContainsKey(prompt));
    }

    // A benchmark's folder, or its categories' folders, or just pictures.
    private static Dictionary<string, string> FilesOf(SubjectPictures subject)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!Directory.Exists(subject.Folder))
        {
            return files;
        }

        var sets = new[] { subject.Folder }.Concat(Directory.EnumerateDirectories(subject.Folder).Order(StringComparer.Ordinal)).Select(PictureSet.Find).OfType<PictureSet>().ToList();
        // One folder may have categories of several models.
        var own = sets.Where(set => set.Subject == subject.OwnName).ToList();
        foreach (var set in own.Count > 0 ? own : sets)
        {
            foreach (var job in set.Finished())
            {
                files.TryAdd(job.Text, set.PathOf(job));
            }
        }

        if (sets.Count == 0)
        {
            foreach (var file in Directory.EnumerateFiles(subject.Folder).Where(file => s_endings.Contains(Path.GetExtension(file).ToLowerInvariant())).Order(StringComparer.Ordinal).Take(MostLoose))
            {
                files.TryAdd(PromptOf(file), file);
            }
        }

        return files;
    }

    private static string PromptOf(string file)
    {
        try
        {
            return PaintingRecord.FromPng(File.ReadAllBytes(file), file).Prompt;
        }
        catch (Exception problem) when (problem is GenerationException or PictureException)
        {
            return Path.GetFileNameWithoutExtension(file);
        }
    }

    private static string Thumbnail(string file)
    {
        var picture = PictureFile.Load(file).ToRgb();
        if (Math.Max(picture.Width, picture.Height) > Side)
        {
            picture = new ClipPreprocessing(Side).Square(picture);
        }

        return $"data:image/webp;base64,{Convert.ToBase64String(PictureFile.EncodeWebp(picture, Quality))}";
    }
}
