using Pagoda.Generation;
using Pagoda.Generation.Brushes;
using Pagoda.Generation.Diffusion;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Pixels;
using Pagoda.Models.Diffusion;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation.Brushes;

[Trait("Host", "small")]
public sealed class DiffusionBrushTests
{
    private static readonly DiffusionUNet s_network = Network(new DiffusionConfig { Resolution = 16, Channels = 8, Multipliers = [1, 2], Blocks = 1, AttentionFactors = [], HeadChannels = 8, NormGroups = 4, LearnedVariance = false, Steps = 100, Noise = NoiseKind.Cosine });

    /// <summary>A new network says nothing: its last weights are drawn too.</summary>
    private static DiffusionUNet Network(DiffusionConfig config)
    {
        var model = new DiffusionUNet(Weights.Initialize(3, Device.Cpu), config);
        using var scope = new TensorScope();
        using var generator = new Generator(4);
        var last = model.Weights.StateDict["out.2.weight"];
        last.Copy_(Ops.Randn(last.Shape, generator, ScalarType.Float32) * 0.1);
        return model;
    }

    [Fact]
    public void WithoutGuidance_IsDdim()
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        using var generator = new Generator(1);
        using var same = new Generator(1);
        using var brush = new DiffusionBrush(s_network, new DiffusionOptions { Strength = 0, Eta = 0 }, 16, 10, 10, generator);
        for (var step = 0; step < 10; step++)
        {
            brush.Step(brush.Draw(), 1);
        }

        var schedule = new NoiseSchedule(s_network.Config, 10);
        var x = Ops.Randn([1, 3, 16, 16], same, ScalarType.Float32);
        for (var at = 9; at >= 0; at--)
        {
            var (noise, _) = s_network.Forward(x, Tensor.From([(float)schedule.Times[at]]));
            var clean = ((x - (noise * Math.Sqrt(1 - schedule.Kept[at]))) * (1 / Math.Sqrt(schedule.Kept[at]))).Clamp(-1, 1);
            var left = (x - (clean * Math.Sqrt(schedule.Kept[at]))) * (1 / Math.Sqrt(1 - schedule.Kept[at]));
            x = (clean * Math.Sqrt(schedule.KeptBefore(at))) + (left * Math.Sqrt(1 - schedule.KeptBefore(at)));
        }

        Assert.Equal(((x + 1) * 0.5).Clamp(0, 1).ToArray<float>(), brush.Draw().ToArray<float>(), (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void Guided_ComesCloserToThePrompt_AndRepeats(bool through, double eta)
    {
        Frame Paint(double strength) => new DiffusionGenerator(
            [new Critic(TinyClip.Model(), TinyClip.Tokenizer)], s_network, new DiffusionOptions { Strength = strength, Through = through, Eta = eta }).GenerateAsync(
            new GenerationRequest("a red apple", new PaintOptions { Seed = 3, Steps = 30, FrameEvery = 1000 })).ToBlockingEnumerable().Single();

        var (alone, guided) = (Paint(0), Paint(1));
        Assert.True(guided.Energy < alone.Energy - 0.05, $"{alone.Energy} alone, {guided.Energy} guided");
        Assert.Equal(guided.Picture.Pixels, Paint(1).Picture.Pixels);
    }

    [Fact]
    public void FromAPicture_LittleStrength_StaysNearIt()
    {
        var grey = PicturePixels.ToPicture(Ops.Full([1, 3, 16, 16], 0.5, ScalarType.Float32));
        Frame Paint(double strength) => new DiffusionGenerator([new Critic(TinyClip.Model(), TinyClip.Tokenizer)], s_network).GenerateAsync(
            new GenerationRequest("a red apple", new PaintOptions { Seed = 3, Steps = 50, FrameEvery = 1000, Init = grey, Strength = strength })).ToBlockingEnumerable().Single();
        double Distance(Frame frame) => frame.Picture.Pixels.Zip(grey.Pixels).Average(pair => Math.Abs(pair.First - pair.Second));

        Assert.True(Distance(Paint(0.1)) < 0.5 * Distance(Paint(1)), $"{Distance(Paint(0.1))} and {Distance(Paint(1))}");
    }

    [Fact]
    public void ASizeThatCannotBeHalved_OrTooManySteps_IsRefused()
    {
        var generator = new DiffusionGenerator([new Critic(TinyClip.Model(), TinyClip.Tokenizer)], s_network);
        Assert.Contains("multiple of 2", Assert.Throws<GenerationException>(() => generator.GenerateAsync(new GenerationRequest("a cat", new PaintOptions { Size = 17 }))).Message, StringComparison.Ordinal);
        Assert.Contains("knows 100 times", Assert.Throws<GenerationException>(() => generator.GenerateAsync(new GenerationRequest("a cat", new PaintOptions { Steps = 101 }))).Message, StringComparison.Ordinal);
    }
}
