using System.Globalization;
using System.Text;
using Pagoda.Formats;
using Pagoda.Formats.Images;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Prompts;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Comparison;

/// <summary>
/// Paintings of many prompts as PNG files in a folder, painted in batches; what is there already, of the same caption, is not painted again, so that
/// an interrupted run goes on. <c>painted-by.txt</c> says what made them, and another maker is refused.
/// </summary>
public sealed class PaintingFolder
{
    private const string MakerFile = "painted-by.txt";
    private const string CaptionKey = "caption";
    private readonly string _folder;

    /// <summary>Takes a folder, which is made when missing.</summary>
    /// <param name="folder">Where the PNG files are.</param>
    /// <param name="maker">Model, recipe and seed in a line or more.</param>
    /// <exception cref="IOException">The folder has paintings of another maker, or the disk refuses.</exception>
    public PaintingFolder(string folder, string maker)
    {
        _folder = folder;
        var path = Path.Combine(folder, MakerFile);
        if (!File.Exists(path))
        {
            AtomicFile.Write(path, overwrite: false, stream => stream.Write(Encoding.UTF8.GetBytes(maker)));
        }
        else if (File.ReadAllText(path) is var before && before != maker)
        {
            throw new IOException($"{folder} has paintings of another model, recipe or seed ({path} says which); name another --out, or remove the folder.");
        }
    }

    /// <summary>Paints what is missing.</summary>
    /// <param name="paint">Paints some prompts, each with its seed.</param>
    /// <param name="kind">What the files' names begin with.</param>
    /// <param name="prompts">The prompts, in order.</param>
    /// <param name="seed">Picture i has this seed plus i.</param>
    /// <param name="batch">Pictures at once.</param>
    /// <param name="progress">Told how many there are, and of how many were painted now.</param>
    /// <param name="cancel">Ends it within a step; the batch under way is lost.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Paint(Func<IReadOnlyList<(string Prompt, ulong Seed)>, IReadOnlyList<Picture>> paint, string kind, IReadOnlyList<string> prompts, ulong seed, int batch, Action<int, int> progress, CancellationToken cancel)
    {
        int[] missing = [.. Enumerable.Range(0, prompts.Count).Where(i => !IsPainted(kind, i, prompts[i]))];
        var painted = 0;
        foreach (var part in missing.Chunk(batch))
        {
            cancel.ThrowIfCancellationRequested();
            var pictures = paint([.. part.Select(i => (ToPrompt(prompts[i]), unchecked(seed + (ulong)i)))]);
            foreach (var (i, picture) in part.Zip(pictures))
            {
                Save(kind, i, picture, prompts[i]);
            }

            painted += part.Length;
            progress(prompts.Count - missing.Length + painted, painted);
        }
    }

    /// <summary>Saves pictures that need no painting.</summary>
    /// <param name="kind">What the files' names begin with.</param>
    /// <param name="pictures">The pictures.</param>
    public void Save(string kind, IReadOnlyList<Picture> pictures)
    {
        for (var i = 0; i < pictures.Count; i++)
        {
            Save(kind, i, pictures[i], null);
        }
    }

    /// <summary>Reads the first pictures of a folder back.</summary>
    /// <exception cref="PictureException">One is missing or damaged.</exception>
    public static IReadOnlyList<Picture> Load(string folder, string kind, int count) =>
        [.. Enumerable.Range(0, count).Select(i => PictureFile.Load(PathOf(folder, kind, i)))];

    /// <summary>Pictures of one size as <c>[N, 3, size, size]</c> in [0, 1].</summary>
    public static Tensor Stack(IReadOnlyList<Picture> pictures) => Ops.Cat([.. pictures.Select(picture => PicturePixels.ToTensor(picture, Device.Cpu))]);

    /// <summary>A caption as a prompt: a text to the letter, without weights.</summary>
    public static string ToPrompt(string caption) => new Prompt([new PromptTerm(caption)]).ToString();

    private bool IsPainted(string kind, int index, string caption)
    {
        var path = PathOf(_folder, kind, index);
        return File.Exists(path) && PictureFile.ReadPngTexts(File.ReadAllBytes(path), path).Any(text => text.Keyword == CaptionKey && text.Text == caption);
    }

    private void Save(string kind, int index, Picture picture, string? caption)
    {
        PngText[] texts = caption is null ? [] : [new PngText(CaptionKey, caption)];
        AtomicFile.Write(PathOf(_folder, kind, index), overwrite: true, stream => stream.Write(PictureFile.EncodePng(picture, texts)));
    }

    private static string PathOf(string folder, string kind, int index) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{kind}-{index:0000}.png"));
}
