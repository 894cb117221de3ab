using Pagoda.Generation.Brushes;
using Pagoda.Generation.Recipes;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation.Brushes;

public sealed class LatentBrushTests
{
    // A token is 2 x 2 pixels.
    private static readonly VqganModel s_vqgan = new(Weights.Initialize(7, Device.Cpu), new VqganConfig
    {
        Resolution = 16, Channels = 8, Multipliers = [1, 1], Blocks = 1, AttentionResolutions = [], LatentChannels = 8, CodebookSize = 64, CodebookWidth = 4, NormGroups = 4,
    });

    private static readonly Recipe s_recipe = Recipe.VqganClip with { LearningRate = 0.02 };

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void Step_TowardsAPicture_ComesCloser(int tile)
    {
        using var scope = new TensorScope();
        using var brush = new LatentBrush(s_vqgan, Tokens(1), s_recipe, tile);
        var target = Decoded(Tokens(2));
        double first = 0, last = 0;
        for (var step = 0; step < 80; step++)
        {
            var difference = brush.Draw() - target;
            last = difference.Square().Sum().ToDouble();
            first = step == 0 ? last : first;
            brush.Step(difference * 2, 1);
        }

        Assert.True(last < first * 0.8, $"from {first} to {last}");
    }

    [Fact]
    public void Draw_IsWhatTheTokensDecodeTo()
    {
        using var scope = new TensorScope();
        using var brush = new LatentBrush(s_vqgan, Tokens(1), s_recipe);
        Assert.Equal(Decoded(Tokens(1)).ToArray<float>(), brush.Draw().ToArray<float>());
        Assert.Equal(16, brush.Size);
    }

    [Fact]
    public void Keep_RemembersWhileStepsGoOn()
    {
        using var scope = new TensorScope();
        using var brush = new LatentBrush(s_vqgan, Tokens(1), s_recipe with { LearningRate = 1 });
        brush.Keep();
        var kept = brush.Draw();
        for (var step = 0; step < 5; step++)
        {
            brush.Step(brush.Draw(), 1);
        }

        Assert.Equal(kept.ToArray<float>(), brush.DrawKept().ToArray<float>());
        Assert.NotEqual(kept.ToArray<float>(), brush.Draw().ToArray<float>());
    }

    private static Tensor Tokens(ulong seed)
    {
        using var generator = new Generator(seed);
        return Ops.Randint(0, 64, [1, 8, 8], generator, ScalarType.Int64);
    }

    private static Tensor Decoded(Tensor tokens)
    {
        using var frozen = GradMode.Disable();
        return ((s_vqgan.DecodeTokens(tokens) + 1) * 0.5).Clamp(0, 1);
    }
}
