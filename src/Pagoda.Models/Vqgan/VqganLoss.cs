using Pagoda.Models.Lpips;
using Pagoda.Torch;

namespace Pagoda.Models.Vqgan;

/// <summary>How far reconstructions are from pictures.</summary>
/// <param name="Total">Mean absolute difference plus the weighted perceptual distance: what taming-transformers logs as <c>nll_loss</c> and <c>rec_loss</c>.</param>
/// <param name="Pixels">The mean absolute difference.</param>
/// <param name="Perceptual">The mean perceptual distance, or null without a network for it.</param>
public sealed record ReconstructionLoss(Tensor Total, Tensor Pixels, Tensor? Perceptual);

/// <summary>The parts of a VQGAN's training loss (arXiv 2012.09841, section 3.1; CompVis/taming-transformers: taming/modules/losses/vqperceptual.py).</summary>
public static class VqganLoss
{
    /// <summary>The largest adaptive weight before <c>disc_weight</c>.</summary>
    public const double LargestWeight = 1e4;

    /// <summary>Added to the norm that the adaptive weight divides by.</summary>
    public const double WeightEpsilon = 1e-4;

    /// <summary>mean |picture - reconstruction| + <paramref name="perceptualWeight"/> · mean distance.</summary>
    /// <param name="images"><c>[N, 3, H, W]</c> in [-1, 1].</param>
    /// <param name="reconstructions">The same shape.</param>
    /// <param name="distance">From two batches of pictures to a distance for each, such as <see cref="LpipsDistance.Forward"/>; null for none.</param>
    /// <param name="perceptualWeight">Weight of the mean of the distances.</param>
    public static ReconstructionLoss Reconstruction(
        Tensor images, Tensor reconstructions, Func<Tensor, Tensor, Tensor>? distance, double perceptualWeight = 1)
    {
        var pixels = (images - reconstructions).Abs().Mean();
        if (distance is null || perceptualWeight == 0)
        {
            return new ReconstructionLoss(pixels, pixels, null);
        }

        var perceptual = distance(images, reconstructions).Mean();
        return new ReconstructionLoss(pixels + (perceptual * perceptualWeight), pixels, perceptual);
    }

    /// <summary>What the discriminator minimises: (mean relu(1 - real) + mean relu(1 + fake)) / 2.</summary>
    public static Tensor Hinge(Tensor realLogits, Tensor fakeLogits) => ((1 - realLogits).Relu().Mean() + (1 + fakeLogits).Relu().Mean()) * 0.5;

    /// <summary>The same with softplus(-real) and softplus(fake): the first GAN's loss (arXiv 1406.2661).</summary>
    public static Tensor Vanilla(Tensor realLogits, Tensor fakeLogits) => ((-realLogits).Softplus().Mean() + fakeLogits.Softplus().Mean()) * 0.5;

    /// <summary>What the decoder minimises: minus the mean logit of its pictures.</summary>
    public static Tensor Generator(Tensor fakeLogits) => -fakeLogits.Mean();

    /// <summary>
    /// The weight that makes the adversarial gradient at the decoder's last layer as long as the reconstruction's:
    /// clamp(‖∇rec‖ / (‖∇gen‖ + 1e-4), 0, 1e4) · <paramref name="weight"/>, a constant (arXiv 2012.09841, equation 7).
    /// </summary>
    /// <param name="reconstruction">The reconstruction loss; its graph is kept.</param>
    /// <param name="generator">The adversarial loss; its graph is kept.</param>
    /// <param name="lastLayer"><see cref="VqganModel.LastLayer"/>, trainable.</param>
    /// <param name="weight"><c>disc_weight</c>.</param>
    public static Tensor AdaptiveWeight(Tensor reconstruction, Tensor generator, Tensor lastLayer, double weight = 0.8)
    {
        using var scope = new TensorScope();
        var ofReconstruction = Autograd.Grad(reconstruction, [lastLayer], retainGraph: true)[0];
        var ofGenerator = Autograd.Grad(generator, [lastLayer], retainGraph: true)[0];
        return scope.Keep(AdaptiveWeight(ofReconstruction, ofGenerator, weight));
    }

    /// <summary>The same from the two gradients, for runs that average them over processes first, as CLIP-GEN's does.</summary>
    /// <param name="reconstructionGradient">Gradient of the reconstruction loss at the last layer.</param>
    /// <param name="generatorGradient">Gradient of the adversarial loss there.</param>
    /// <param name="weight"><c>disc_weight</c>.</param>
    public static Tensor AdaptiveWeight(Tensor reconstructionGradient, Tensor generatorGradient, double weight)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var ratio = reconstructionGradient.LinalgVectorNorm(2) / (generatorGradient.LinalgVectorNorm(2) + WeightEpsilon);
        return scope.Keep(ratio.Clamp(0, LargestWeight) * weight);
    }

    /// <summary>What encoder, decoder and codebook minimise: reconstruction + adaptive · factor · generator + codebook weight · codebook.</summary>
    /// <param name="reconstruction">See <see cref="Reconstruction"/>.</param>
    /// <param name="generator">See <see cref="Generator"/>.</param>
    /// <param name="adaptive">See <see cref="AdaptiveWeight(Tensor, Tensor, Tensor, double)"/>.</param>
    /// <param name="factor"><c>disc_factor</c> once the discriminator has started, 0 before.</param>
    /// <param name="codebook">The quantiser's loss.</param>
    /// <param name="codebookWeight"><c>codebook_weight</c>.</param>
    public static Tensor Total(Tensor reconstruction, Tensor generator, Tensor adaptive, double factor, Tensor codebook, double codebookWeight = 1) =>
        reconstruction + (adaptive * factor * generator) + (codebook * codebookWeight);
}
