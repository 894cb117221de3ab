using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Training.Batches;

/// <summary>A model as objectives use it: towers under autocast, features in float32.</summary>
/// <param name="model">The model.</param>
/// <param name="autocast">Run the towers' products in bfloat16.</param>
public sealed class TowerPair(ClipModel model, bool autocast)
{
    /// <summary>The model.</summary>
    public ClipModel Model => model;

    /// <summary>Whether the text tower learns.</summary>
    public bool TrainsText => model.Weights.Parameters.Any(p => p.Value.RequiresGrad && !p.Key.StartsWith("visual.", StringComparison.Ordinal) && p.Key != "logit_scale");

    /// <summary>The image tower as a chain of functions under autocast, from pixels to features.</summary>
    public IEnumerable<Func<Tensor, Tensor>> ImageSegments => model.ImageSegments.Select(segment => (Func<Tensor, Tensor>)(x =>
    {
        using var narrow = new Autocast(model.Device, enabled: autocast);
        return segment(x);
    }));

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
