using Pagoda.Torch;

namespace Pagoda.Evaluation.Retrieval;

/// <summary>
/// Whether a CLIP model that had no part in the painting finds a picture's caption again: it must be closer to the picture
/// than each of 99 other captions (R-precision of Xu et al. 2018, AttnGAN, arXiv 1711.10485, section 4, with CLIP in place of
/// their encoder).
/// </summary>
public static class CaptionRetrieval
{
    /// <summary>Captions that a picture is compared with, its own among them.</summary>
    public const int Among = 100;

    private const int AtOnce = 1024;

    /// <summary>For each picture whether its own caption is the nearest.</summary>
    /// <param name="pictures">Embeddings <c>[N, embed]</c> of length 1.</param>
    /// <param name="captions">Embeddings of their captions, <c>[N, embed]</c> of length 1; all captions differ.</param>
    /// <param name="seed">Draws each picture's other captions; the same for all models that are to be compared.</param>
    /// <param name="among">Captions a picture is compared with; all N where there are fewer.</param>
    /// <exception cref="ArgumentException">Pictures and captions differ in number.</exception>
    public static bool[] Hits(Tensor pictures, Tensor captions, ulong seed, int among = Among)
    {
        return pictures.Size(0) == captions.Size(0)
            ? Hits(pictures, captions, [.. Enumerable.Range(0, (int)pictures.Size(0))], seed, among)
            : throw new ArgumentException($"{pictures.Size(0)} pictures have {captions.Size(0)} captions; each needs its own.", nameof(captions));
    }

    /// <summary>For each picture whether its own caption is the nearest, where several pictures may be of one caption.</summary>
    /// <param name="pictures">Embeddings <c>[N, embed]</c> of length 1.</param>
    /// <param name="captions">Embeddings of the different captions, <c>[C, embed]</c> of length 1.</param>
    /// <param name="own">Each picture's caption, by its row.</param>
    /// <param name="seed">Draws each picture's other captions.</param>
    /// <param name="among">Captions a picture is compared with; all C where there are fewer.</param>
    public static bool[] Hits(Tensor pictures, Tensor captions, IReadOnlyList<int> own, ulong seed, int among = Among)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var count = (int)captions.Size(0);
        var others = Math.Min(among, count) - 1;
        using var generator = new Generator(seed);
        var hits = new bool[own.Count];
        var cosines = Array.Empty<float>();
        for (var picture = 0; picture < hits.Length; picture++)
        {
            // A step from 1 to N - 1 onwards, round the circle, is a caption other than the picture's own.
            using var drawing = new TensorScope();
            if (picture % AtOnce == 0)
            {
                cosines = pictures.Narrow(0, picture, Math.Min(AtOnce, hits.Length - picture)).Matmul(captions.T()).ToArray<float>();
            }

            var steps = Ops.Randperm(count - 1, generator).ToArray<long>();
            var (row, mine) = (picture % AtOnce * count, own[picture]);
            hits[picture] = steps.Take(others).All(step => cosines[row + mine] > cosines[row + ((mine + 1 + (int)step) % count)]);
        }

        return hits;
    }
}
