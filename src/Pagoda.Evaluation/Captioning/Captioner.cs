using Pagoda.Formats.Images;
using Pagoda.Models.Captioner;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Captioning;

/// <summary>
/// A captioner of Pagoda's own. Its tokenizer spells words that it has not learnt by their bytes, so that every caption has a likelihood; of words that it never saw that
/// is low, and says nothing of the picture.
/// </summary>
/// <param name="captioner">The network; freed with this.</param>
/// <param name="batch">Pictures at once.</param>
public sealed class Captioner(LoadedCaptioner captioner, int batch = 32) : ICaptioner, IDisposable
{
    /// <inheritdoc/>
    public string Name => captioner.Name;

    /// <inheritdoc/>
    public string Weights => captioner.Hash;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There are not as many captions as pictures, or a caption is longer than the network reads.</exception>
    public IReadOnlyList<double> LogLikelihoods(IReadOnlyList<Picture> pictures, IReadOnlyList<string> captions)
    {
        if (pictures.Count != captions.Count)
        {
            throw new ArgumentException($"{pictures.Count} pictures have {captions.Count} captions; each needs one.", nameof(captions));
        }

        var model = captioner.Model;
        return [.. Batches(pictures).SelectMany(part =>
        {
            using var scope = new TensorScope();
            using var frozen = GradMode.Disable();
            var rows = CaptionRows.Of(captioner.Tokenizer, [.. captions.Skip(part.First).Take(part.Pictures.Length)], model.Config.ContextLength);
            var sums = model.LogLikelihoods(Pixels(part.Pictures), rows).Sum([1]).ToArray<float>();
            return sums.Zip(rows.Lengths, (sum, length) => (double)sum / length).ToArray();
        })];
    }

    /// <summary>What the network itself says of pictures, by the likeliest word each time.</summary>
    /// <param name="pictures">Pictures of any size.</param>
    public IReadOnlyList<string> Captions(IReadOnlyList<Picture> pictures) => [.. Batches(pictures).SelectMany(part =>
    {
        using var scope = new TensorScope();
        return captioner.Caption(Pixels(part.Pictures));
    })];

    /// <inheritdoc/>
    public void Dispose() => captioner.Dispose();

    private IEnumerable<(int First, Picture[] Pictures)> Batches(IReadOnlyList<Picture> pictures) => pictures.Chunk(batch).Select((part, i) => (i * batch, part));

    private Tensor Pixels(Picture[] pictures)
    {
        var size = captioner.Model.Config.Resolution;
        float[][] planes = [.. pictures.AsParallel().AsOrdered().Select(picture => new ClipPreprocessing(size).Square(picture.ToRgb()).ToPlanes())];
        return Tensor.From([.. planes.SelectMany(plane => plane)], pictures.Length, 3, size, size).To(device: captioner.Model.Device);
    }
}
