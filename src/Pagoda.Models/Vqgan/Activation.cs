using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Vqgan;

/// <summary>Group normalisation and SiLU, which always come together here.</summary>
internal static class Activation
{
    /// <summary>silu(norm(x)); the normalised map's memory is used again where no gradient needs it.</summary>
    public static Tensor NormSilu(GroupNorm norm, Tensor x)
    {
        var normal = norm.Forward(x);
        return GradMode.IsEnabled ? normal.Silu() : normal.Silu_();
    }
}
