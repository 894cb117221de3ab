using Pagoda.Torch;
using Pagoda.Torch.Distributed;

namespace Pagoda.Training.Batches;

/// <summary>
/// Losses over the features of a whole batch, however many chunks it goes through the towers in and however many ranks share
/// it. Rank r of R has the rows r, r + R, r + 2R, ...; each rank gathers all rows' features, computes the same loss, and sends
/// its own rows' gradients back through its towers. The sum of the ranks' weight gradients is that of one process with the
/// whole batch.
/// </summary>
/// <param name="towers">The model.</param>
/// <param name="chunk">Pictures that go through a tower at a time; 0 takes all of a rank's.</param>
/// <param name="checkpointing">Run the image tower's segments again on the way back instead of keeping their states.</param>
/// <param name="group">The ranks; null for one process.</param>
public sealed class WholeBatch(TowerPair towers, int chunk = 0, bool checkpointing = false, ProcessGroup? group = null)
{
    private readonly IReadOnlyList<Func<Tensor, Tensor>>? _segments = checkpointing ? [.. towers.ImageSegments] : null;

    /// <summary>The model.</summary>
    public TowerPair Towers => towers;

    /// <summary>How many processes share the batch.</summary>
    public int Ranks => group?.Size ?? 1;

    private int Rank => group?.Rank ?? 0;

    /// <summary>Rows of every rank, in the batch's order, from this rank's rows; without a graph.</summary>
    public Tensor Gather(Tensor own)
    {
        if (group is null)
        {
            return own.Detach();
        }

        using var frozen = GradMode.Disable();
        return group.AllGather(own.Detach().Contiguous()).Transpose(0, 1).Flatten(0, 1); // [n, R, ...] to [n·R, ...]
    }

    /// <summary>This rank's rows of a whole batch's.</summary>
    public Tensor Own(Tensor whole)
    {
        if (Ranks == 1)
        {
            return whole;
        }

        long[] split = [whole.Size(0) / Ranks, Ranks, .. whole.Shape[1..]];
        return whole.Reshape(split).Select(1, Rank);
    }

    /// <summary>This rank's rows of random numbers, drawn for the whole batch so that they are the same for any number of ranks.</summary>
    /// <param name="draw">Draws numbers of a shape.</param>
    /// <param name="own">The shape of this rank's rows.</param>
    public Tensor Drawn(Func<long[], Tensor> draw, params ReadOnlySpan<long> own)
    {
        using var frozen = GradMode.Disable();
        return Own(draw([own[0] * Ranks, .. own[1..]]));
    }

    /// <summary>Features of this rank's pictures, <c>[n, embed]</c>, without a graph.</summary>
    public Tensor EncodeImage(Tensor images)
    {
        using var frozen = GradMode.Disable();
        return Images(images).Forward();
    }

    /// <summary>Features of this rank's captions, <c>[n, embed]</c>, without a graph.</summary>
    public Tensor EncodeText(Tensor tokens)
    {
        using var frozen = GradMode.Disable();
        return Texts(tokens).Forward();
    }

    /// <summary>Adds a loss's gradients to the weights': this rank's part of them.</summary>
    /// <param name="images">This rank's pictures, <c>[n, 3, S, S]</c>.</param>
    /// <param name="texts">Its captions' tokens <c>[k, L]</c> when the text tower learns, else their features <c>[k, embed]</c>.</param>
    /// <param name="loss">From all ranks' picture and caption features, <c>[n·R, embed]</c> and <c>[k·R, embed]</c>, to the loss.</param>
    /// <returns>The loss, the same on every rank.</returns>
    public double Accumulate(Tensor images, Tensor texts, Func<Tensor, Tensor, Tensor> loss)
    {
        using var scope = new TensorScope();
        var imagePass = Images(images);
        var textPass = texts.Type == ScalarType.Int64 ? Texts(texts) : null;
        var imageFeatures = Gather(imagePass.Forward()).WithGrad();
        var textFeatures = Gather(textPass?.Forward() ?? texts);
        textFeatures = textPass is null ? textFeatures : textFeatures.WithGrad();
        var value = loss(imageFeatures, textFeatures);
        Autograd.Backward(value);
        imagePass.Backward(Own(imageFeatures.Grad!));
        textPass?.Backward(Own(textFeatures.Grad!));
        return value.ToDouble();
    }

    /// <summary>The gradient of a loss with respect to this rank's pictures, float32 <c>[n, 3, S, S]</c>; no weight's gradient changes.</summary>
    /// <param name="images">This rank's pictures.</param>
    /// <param name="loss">From all ranks' picture features to the loss.</param>
    /// <remarks>Call it within <see cref="TowerPair.Frozen"/>, or the weights' gradients are computed too.</remarks>
    public Tensor PixelGradient(Tensor images, Func<Tensor, Tensor> loss)
    {
        using var scope = new TensorScope();
        using var recording = GradMode.Enable();
        var pixels = images.Detach().WithGrad();
        var pass = Images(pixels);
        var features = Gather(pass.Forward()).WithGrad();
        pass.Backward(Own(Autograd.Grad(loss(features), features)));
        return scope.Keep(pixels.Grad!);
    }

    /// <summary>Sums gradients over all ranks, in place.</summary>
    /// <param name="weights">The trained weights; every rank names the same ones in the same order.</param>
    public void SumGradients(IReadOnlyList<Tensor> weights)
    {
        if (group is null)
        {
            return;
        }

        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        // The factor on the cosines is outside the towers: each rank has its whole gradient.
        if (Rank > 0)
        {
            towers.Model.LogitScale.Grad?.Zero_();
        }

        group.AllReduce([.. weights.Select(weight => weight.Grad ?? throw new InvalidOperationException($"A trained weight {weight} has no gradient."))]);
    }

    private Pass Images(Tensor images) => new(images, towers.EncodeImage, chunk, _segments);

    private Pass Texts(Tensor tokens) => new(tokens, towers.EncodeText, chunk, null);
}
