using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Vqgan;

/// <summary>A VQGAN of some thousand random weights: 16-pixel pictures, 4 x 4 tokens of 32 codes.</summary>
internal static class SmallVqgan
{
    public static VqganConfig Config { get; } = new()
    {
        Resolution = 16,
        Channels = 8,
        Multipliers = [1, 2, 2],
        Blocks = 1,
        AttentionResolutions = [4],
        LatentChannels = 6,
        CodebookSize = 32,
        CodebookWidth = 5,
        NormGroups = 4,
    };

    public static VqganModel Build(ulong seed = 1, VqganConfig? config = null)
    {
        using var unowned = TensorScope.Unowned();
        return new VqganModel(Weights.Initialize(seed, Device.Cpu), config ?? Config);
    }

    /// <summary>Smooth pictures <c>[count, 3, height, width]</c> in [-1, 1].</summary>
    public static Tensor Images(int count, int height = 16, int width = 16) => Pagoda.Tests.Torch.Numbers.Ramp([count, 3, height, width], 1);
}
