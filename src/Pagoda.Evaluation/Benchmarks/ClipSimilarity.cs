using Pagoda.Evaluation.Features;
using Pagoda.Formats.Images;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Benchmarks;

/// <summary>The cosine of each picture with its prompt under a CLIP: CLIPScore as T2I-CompBench takes it, and CLIPSIM.</summary>
/// <param name="clip">The CLIP; stays the caller's.</param>
/// <param name="batch">Pictures at once.</param>
public sealed class ClipSimilarity(LoadedClip clip, int batch = 32)
{
    private const int TextsAtOnce = 64;
    private readonly ClipFeatures _features = new(clip, owned: false);

    /// <summary>Scores pictures.</summary>
    /// <param name="set">The set they belong to.</param>
    /// <param name="pictures">Which of it.</param>
    /// <param name="progress">Told how many are done.</param>
    /// <param name="cancel">Ends it between batches.</param>
    /// <exception cref="PictureException">One cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<(int Question, double Answer)> Of(PictureSet set, IReadOnlyList<PictureJob> pictures, Action<int> progress, CancellationToken cancel)
    {
        var cosines = new List<(int, double)>(pictures.Count);
        foreach (var part in pictures.Chunk(batch))
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            using var frozen = GradMode.Disable();
            var features = _features.Features([.. part.AsParallel().AsOrdered().Select(job => PictureFile.Load(set.PathOf(job)).ToRgb())], blur: 0);
            var (texts, own) = Texts(clip, [.. part.Select(job => job.Text)]);
            cosines.AddRange(part.Zip(Cosines(features, texts, own), (job, cosine) => (job.Number, cosine)));
            progress(cosines.Count);
        }

        return cosines;
    }

    /// <summary>The embeddings of captions, each different one once.</summary>
    /// <param name="clip">The CLIP.</param>
    /// <param name="captions">A caption a picture.</param>
    /// <returns><c>[C, embed]</c> of length 1 on the CLIP's device, in the current scope, and each caption's row.</returns>
    public static (Tensor Texts, int[] Own) Texts(LoadedClip clip, IReadOnlyList<string> captions)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var rows = new OrderedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var caption in captions)
        {
            rows.TryAdd(caption, rows.Count);
        }

        var texts = scope.Keep(Ops.Cat([.. rows.Keys.Chunk(TextsAtOnce).Select(part => clip.EncodeText(part))]));
        return (texts, [.. captions.Select(caption => rows[caption])]);
    }

    /// <summary>The cosines of pictures with their own captions.</summary>
    /// <param name="features">What <see cref="ClipFeatures"/> gave, <c>[N, embed]</c>.</param>
    /// <param name="texts">Embeddings of captions, <c>[C, embed]</c> of length 1.</param>
    /// <param name="own">Each picture's caption, by its row.</param>
    public static double[] Cosines(Tensor features, Tensor texts, IReadOnlyList<int> own)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var chosen = texts.IndexSelect(0, Tensor.From(own.Select(row => (long)row).ToArray()).To(device: texts.Device)).To(device: features.Device);
        return [.. (ClipModel.Normalize(features) * chosen).Sum([1]).ToArray<float>().Select(cosine => (double)cosine)];
    }
}
