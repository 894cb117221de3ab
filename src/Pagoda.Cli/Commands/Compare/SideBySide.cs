using Pagoda.Cli.Demonstrations;
using Pagoda.Formats.Images;

namespace Pagoda.Cli.Commands.Compare;

/// <summary>Sheets with a row for each prompt and a column for each way to paint it.</summary>
internal static class SideBySide
{
    private const int Cell = 128;
    private const int RowsASheet = 16;

    /// <summary>Writes <c>sheet-1.webp</c>, <c>sheet-2.webp</c>, ... of 16 prompts each, and the same as PNG.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="prompts">A row each.</param>
    /// <param name="columns">Label (of up to two lines) and a picture for each prompt.</param>
    /// <returns>The files.</returns>
    public static IReadOnlyList<string> Write(string folder, PromptList prompts, IReadOnlyList<(string Label, IReadOnlyList<Picture> Pictures)> columns)
    {
        var files = new List<string>();
        foreach (var rows in Enumerable.Range(0, prompts.Prompts.Count).Chunk(RowsASheet))
        {
            var sheet = new LabelledSheet([.. columns.Select(column => column.Label)], Cell);
            foreach (var row in rows)
            {
                var (text, unseen) = prompts.Prompts[row];
                sheet.Add(unseen ? $"unseen: {text}" : text, [.. columns.Select(column => column.Pictures[row])]);
            }

            files.Add(Path.Combine(folder, $"sheet-{files.Count + 1}.webp"));
            var drawn = sheet.Draw();
            PictureFile.Save(files[^1], PictureFile.EncodeWebp(drawn, 80), force: true);
            PictureFile.Save(Path.ChangeExtension(files[^1], ".png"), PictureFile.EncodePng(drawn), force: true);
        }

        return files;
    }
}
