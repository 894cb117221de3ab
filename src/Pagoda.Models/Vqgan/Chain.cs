using Pagoda.Torch;

namespace Pagoda.Models.Vqgan;

/// <summary>Layers one after another.</summary>
internal static class Chain
{
    /// <summary>Runs them; what is between two layers is given back as soon as the next one is done with it.</summary>
    public static Tensor Run(IReadOnlyList<Func<Tensor, Tensor>> layers, Tensor x)
    {
        var input = x;
        foreach (var layer in layers)
        {
            var next = layer(x);
            if (!ReferenceEquals(x, input) && !ReferenceEquals(x, next))
            {
                x.Dispose();
            }

            x = next;
        }

        return x;
    }
}
