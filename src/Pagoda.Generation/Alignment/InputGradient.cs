using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Generation.Alignment;

/// <summary>What a model would change in a picture to make it match a text better.</summary>
public static class InputGradient
{
    private const int AtOnce = 16;

    /// <summary>The gradient of the energy (minus the cosine of picture and text) with respect to the pixels.</summary>
    /// <param name="model">The model; its weights take no part.</param>
    /// <param name="images"><c>[N, 3, S, S]</c> in [0, 1].</param>
    /// <param name="texts">A text's embedding for each picture, <c>[N, embed]</c> of length 1.</param>
    /// <returns><c>[N, 3, S, S]</c>.</returns>
    public static Tensor Of(ClipModel model, Tensor images, Tensor texts)
    {
        using var scope = new TensorScope();
        var parts = new List<Tensor>();
        for (long at = 0; at < images.Size(0); at += AtOnce)
        {
            using var part = new TensorScope();
            var count = Math.Min(AtOnce, images.Size(0) - at);
            var leaf = images.Narrow(0, at, count).Detach().WithGrad();
            parts.Add(part.Keep(Autograd.Grad(-(model.EncodeImage(leaf) * texts.Narrow(0, at, count).Detach()).Sum(), leaf)));
        }

        return scope.Keep(Ops.Cat([.. parts]));
    }

    /// <summary>
    /// A gradient as pictures: grey where a step down the energy would change nothing, lighter or more of a colour where
    /// it would add, three times the gradient's root mean square from grey to the end of the range.
    /// </summary>
    /// <param name="gradient"><c>[N, 3, S, S]</c>.</param>
    /// <returns><c>[N, 3, S, S]</c> in [0, 1].</returns>
    public static Tensor ToPixels(Tensor gradient)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var rootMeanSquare = gradient.Square().Mean([1, 2, 3], keepdim: true).Sqrt() + 1e-12;
        return scope.Keep((0.5 - (gradient / rootMeanSquare / 6)).Clamp(0, 1));
    }
}
