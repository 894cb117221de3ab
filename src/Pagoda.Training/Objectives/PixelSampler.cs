using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Torch.Optimizers;
using Pagoda.Training.Batches;

namespace Pagoda.Training.Objectives;

/// <summary>How negatives are painted.</summary>
public enum NegativeSampler
{
    /// <summary>AdamW on the pixels, small noise added to them before each step (arXiv 2408.17046, Algorithm 1).</summary>
    Adamw,
    /// <summary>Steps of one length along the normalised gradient, with momentum; the noise is only in what the model sees.</summary>
    Gradient,
}

/// <summary>What a negative is painted to lower.</summary>
public enum PaintingLoss
{
    /// <summary>CLIP's loss of the negatives with their captions (arXiv 2408.17046, Algorithm 1).</summary>
    Contrastive,
    /// <summary>The energy of each with its own caption.</summary>
    Energy,
}

/// <summary>Paints negatives by descending their energy; no gradient reaches the weights.</summary>
internal sealed class PixelSampler(WholeBatch batch, EnergyOptions options)
{
    /// <summary>Moves pictures towards their captions.</summary>
    /// <param name="pictures">This rank's, <c>[m, 3, S, S]</c> in [0, 1]; not changed.</param>
    /// <param name="texts">All ranks' captions' features, <c>[m·R, embed]</c>, without a graph.</param>
    /// <returns><c>[m, 3, S, S]</c> in [0, 1].</returns>
    public Tensor Paint(Tensor pictures, Tensor texts) => batch.Towers.Frozen(() =>
    {
        using var scope = new TensorScope();
        return scope.Keep(options.Sampler == NegativeSampler.Adamw ? WithAdamW(pictures, texts) : AlongGradient(pictures, texts));
    });

    private Tensor WithAdamW(Tensor pictures, Tensor texts)
    {
        var painting = pictures.Detach().Clone();
        var optimizer = new AdamW([painting], options.StepSize, weightDecay: 0.01);
        using var frozen = GradMode.Disable();
        try
        {
            for (var step = 0; step < options.Steps; step++)
            {
                using var scope = new TensorScope();
                if (options.Noise > 0)
                {
                    painting.Add_(Noise(painting));
                }

                painting.Grad = Gradient(painting, texts);
                optimizer.Step();
                painting.Clamp_(0, 1);
            }
        }
        finally
        {
            painting.Grad = null;
            foreach (var (_, moments) in optimizer.State)
            {
                moments.Dispose();
            }
        }

        return painting;
    }

    private Tensor AlongGradient(Tensor pictures, Tensor texts)
    {
        using var frozen = GradMode.Disable();
        var picture = pictures;
        var direction = picture.ZerosLike();
        for (var step = 0; step < options.Steps; step++)
        {
            using var scope = new TensorScope();
            var gradient = Gradient(options.Noise > 0 ? picture + Noise(picture) : picture, texts);
            var length = gradient.Flatten(1).LinalgVectorNorm(2, [1]).View([-1, 1, 1, 1]) + 1e-9;
            direction = scope.Keep((direction * options.Momentum) + (gradient / length * (1 - options.Momentum)));
            picture = scope.Keep((picture - (direction * options.StepSize)).Clamp(0, 1));
        }

        return picture;
    }

    private Tensor Noise(Tensor picture) => batch.Drawn(shape => Ops.Randn(shape, device: picture.Device), picture.Shape) * options.Noise;

    private Tensor Gradient(Tensor pictures, Tensor texts) => batch.PixelGradient(pictures, features => options.PaintingLoss == PaintingLoss.Contrastive
        ? ClipLoss.Compute(features, texts, batch.Towers.Model.LogitScale)
        : -(features * texts).Sum());
}
