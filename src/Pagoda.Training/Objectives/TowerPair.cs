using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Training.Objectives;

/// <summary>A model as objectives use it: towers under autocast, features in float32.</summary>
/// <param name="model">The model.</param>
/// <param name="autocast">Run the towers' products in bfloat16.</param>
public sealed class TowerPair(ClipModel model, bool autocast)
{
    /// <summary>The model.</summary>
    public ClipModel Model => model;

    /// <summary>Pixels <c>[N, 3, S, S]</c> to features of length 1, <c>[N, embed]</c>.</summary>
    public Tensor EncodeImage(Tensor images)
    {
        using var narrow = new Autocast(model.Device, enabled: autocast);
        return model.EncodeImage(images);
    }

    /// <summary>Token rows <c>[N, L]</c> to features of length 1, <c>[N, embed]</c>.</summary>
    public Tensor EncodeText(Tensor tokens)
    {
        using var narrow = new Autocast(model.Device, enabled: autocast);
        return model.EncodeText(tokens);
    }

    /// <summary>Share of pictures whose own caption is the nearest.</summary>
    public Tensor Accuracy(Tensor imageFeatures, Tensor textFeatures)
    {
        using var frozen = GradMode.Disable();
        var best = imageFeatures.Detach().Matmul(textFeatures.Detach().T()).Argmax(1);
        return best.Eq(Ops.Arange(imageFeatures.Size(0), device: model.Device)).To(ScalarType.Float32).Mean();
    }

    /// <summary>Runs <paramref name="body"/> with the weights out of autograd: attacks and painting need only the pixels' gradients.</summary>
    public T Frozen<T>(Func<T> body)
    {
        var trained = model.Weights.Parameters.Values.Where(weight => weight.RequiresGrad).ToArray();
        foreach (var weight in trained)
        {
            weight.RequiresGrad = false;
        }

        try
        {
            return body();
        }
        finally
        {
            foreach (var weight in trained)
            {
                weight.RequiresGrad = true;
            }
        }
    }
}
