using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;
using Pagoda.Training.Attacks;

namespace Pagoda.Training.Watch;

/// <summary>
/// Zero-shot classification as CLIP does it (Radford et al. 2021, section 3.1.4): a class is the mean of its name's embeddings in
/// several sentences, and a picture belongs to the class of the largest cosine.
/// </summary>
/// <param name="pictures">Pictures, their classes and the classes' names.</param>
/// <param name="templates">Sentences in which <c>{}</c> stands for a name; captions are taken as they are.</param>
/// <param name="attack">What may move the pictures, to raise the cross-entropy over the classes.</param>
public sealed class ZeroShot(WatchedPictures pictures, IReadOnlyList<string> templates, AttackOptions attack)
{
    private const int AtOnce = 50;

    /// <summary>The share of pictures that a model sorts rightly, as they are and attacked.</summary>
    /// <param name="model">The model; nothing of it changes, and no gradient of its weights is taken where they are frozen.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    public (double Clean, double Attacked) Accuracy(ClipModel model, ClipTokenizer tokenizer)
    {
        using var scope = new TensorScope();
        var classes = ZeroShotClasses.Embeddings(model, tokenizer, pictures.Classes, pictures.AreCaptions ? ["{}"] : templates);
        var scale = model.LogitScale.Detach().Exp();
        var ascent = new ProjectedGradient(attack with { RandomStart = false });
        var (clean, attacked) = (0L, 0L);
        for (var at = 0; at < pictures.Labels.Length; at += AtOnce)
        {
            using var part = new TensorScope();
            var count = Math.Min(AtOnce, pictures.Labels.Length - at);
            var images = pictures.Images.Narrow(0, at, count).To(device: model.Device);
            var labels = Tensor.From(Array.ConvertAll(pictures.Labels[at..(at + count)], label => (long)label)).To(device: model.Device);
            clean += Hits(model, classes, images, labels);
            var moved = ascent.Perturb(images, x => (scale * model.EncodeImage(x).Matmul(classes.T())).CrossEntropyLoss(labels));
            attacked += Hits(model, classes, moved, labels);
        }

        return ((double)clean / pictures.Labels.Length, (double)attacked / pictures.Labels.Length);
    }

    private static long Hits(ClipModel model, Tensor classes, Tensor images, Tensor labels)
    {
        using var frozen = GradMode.Disable();
        return model.EncodeImage(images).Matmul(classes.T()).Argmax(1).Eq(labels).Sum().ToInt64();
    }
}
