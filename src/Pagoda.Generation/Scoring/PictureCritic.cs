using Pagoda.Formats.Images;
using Pagoda.Generation.Alignment;
using Pagoda.Generation.Pixels;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Generation.Scoring;

/// <summary>
/// Says how well pictures match texts: the cosine of their embeddings, and its negative, the energy (CLIP-JEM, arXiv 2408.17046,
/// section 3). Pictures are seen as CLIP sees them: the shorter side resized, the middle cut out.
/// </summary>
/// <param name="clip">The model that judges.</param>
public sealed class PictureCritic(LoadedClip clip)
{
    /// <summary>The model that judges.</summary>
    public LoadedClip Clip => clip;

    /// <summary>What the model sees of a picture: RGB of its input's size.</summary>
    public Picture Seen(Picture picture) => new ClipPreprocessing(clip.Model.Config.Vision.ImageSize).Square(picture.ToRgb());

    /// <summary>The cosines of pictures and texts, <c>[pictures][texts]</c>.</summary>
    /// <param name="pictures">Pictures that <see cref="Seen"/> gave; encoded in one batch.</param>
    /// <param name="texts">What <see cref="LoadedClip.EncodeText"/> gave for the texts, <c>[T, embed]</c>.</param>
    public float[][] Cosines(IReadOnlyList<Picture> pictures, Tensor texts)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        // Products and a sum as for pairs, not a matrix product: the same picture and text give the same bits either way.
        var cosines = (clip.Model.EncodeImage(Pixels(pictures)).Unsqueeze(1) * texts.Unsqueeze(0)).Sum([2]);
        return [.. cosines.ToArray<float>().Chunk((int)texts.Size(0))];
    }

    /// <summary>Each picture's cosine with the text of the same place.</summary>
    /// <param name="pictures">Pictures that <see cref="Seen"/> gave; encoded in one batch.</param>
    /// <param name="texts">A text a picture; each different one is encoded once.</param>
    public float[] PairedCosines(IReadOnlyList<Picture> pictures, IReadOnlyList<string> texts)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var different = texts.Distinct(StringComparer.Ordinal).ToList();
        var rows = Tensor.From(texts.Select(text => (long)different.IndexOf(text)).ToArray()).To(device: clip.Model.Device);
        var embeddings = clip.EncodeText(different).IndexSelect(0, rows);
        return (clip.Model.EncodeImage(Pixels(pictures)) * embeddings).Sum([1]).ToArray<float>();
    }

    /// <summary>The shares of texts in a softmax over their cosines times the model's factor: what it would answer if one of them had to be right.</summary>
    /// <param name="cosines">A picture's cosines.</param>
    public double[] Shares(IReadOnlyList<float> cosines)
    {
        var scale = Math.Exp(clip.Model.LogitScale.ToDouble());
        var largest = cosines.Max();
        double[] weights = [.. cosines.Select(cosine => Math.Exp(scale * (cosine - largest)))];
        var sum = weights.Sum();
        return Array.ConvertAll(weights, weight => weight / sum);
    }

    /// <summary>Where a picture's energy depends on its pixels: the L2 norm over the channels of the energy's gradient, <c>[S, S]</c>.</summary>
    /// <param name="picture">A picture that <see cref="Seen"/> gave.</param>
    /// <param name="text">The text.</param>
    public float[] Heat(Picture picture, string text)
    {
        using var scope = new TensorScope();
        var gradient = InputGradient.Of(clip.Model, Pixels([picture]), clip.EncodeText(text));
        return gradient.LinalgVectorNorm(2, [1]).ToArray<float>();
    }

    private Tensor Pixels(IReadOnlyList<Picture> pictures)
    {
        var parts = pictures.Select(picture => PicturePixels.ToTensor(picture, clip.Model.Device)).ToArray();
        return parts.Length == 1 ? parts[0] : Ops.Cat(parts);
    }
}
