using Pagoda.Generation;
using Pagoda.Generation.Augment;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Recipes;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation.Brushes;

/// <summary>Several critics, and the views that brushes are seen through.</summary>
public sealed class GuidanceTests
{
    private static readonly Critic s_one = new(TinyClip.Model(), TinyClip.Tokenizer);
    private static readonly Critic s_other = new(TinyClip.Model(5), TinyClip.Tokenizer);

    [Fact]
    public void TheSameCriticTwice_IsThatCritic()
    {
        var (alone, twice) = (Paint(s_one), Paint(s_one, s_one with { Weight = 3 }));
        Assert.Equal(alone.Energy, twice.Energy, 1e-3);
    }

    [Fact]
    public void ACritic_GainsByItsWeight()
    {
        double Energy(Frame frame)
        {
            using var scope = new TensorScope();
            using var frozen = GradMode.Disable();
            var guide = Critic.Guides([s_other], Pagoda.Generation.Prompts.Prompt.Parse("a red apple"), null)[0];
            return guide.Energy(PicturePixels.ToTensor(frame.Picture, Device.Cpu)).ToDouble();
        }

        var (little, much) = (Energy(Paint(s_one, s_other with { Weight = 0.01 })), Energy(Paint(s_one, s_other with { Weight = 100 })));
        Assert.True(much < little - 0.05, $"{little} with little weight, {much} with much");
    }

    [Fact]
    public void NoCritic_OrNoWeight_IsRefused()
    {
        Assert.Throws<GenerationException>(() => new PixelGenerator([]));
        Assert.Throws<GenerationException>(() => new PixelGenerator([s_one with { Weight = 0 }]));
    }

    [Fact]
    public void Perspective_CornersInPlace_ChangesNothing_AndWhiteComesIn()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var pictures = Ops.Rand([2, 3, 16, 16], generator, ScalarType.Float32) * 0.5;
        float[] inPlace = [0, 0, 15, 0, 15, 15, 0, 15];

        Assert.Equal(pictures.ToArray<float>(), RandomPerspective.Apply(pictures, [.. inPlace, .. inPlace]).ToArray<float>(), (a, b) => Math.Abs(a - b) < 1e-4);

        var askew = RandomPerspective.Apply(pictures.Narrow(0, 0, 1), [4, 4, 15, 0, 15, 15, 0, 15]);
        Assert.Equal(1, askew.Narrow(2, 0, 1).Narrow(3, 0, 1).Max().ToDouble(), 1e-5);
        Assert.Equal(pictures.Narrow(0, 0, 1).Narrow(2, 15, 1).Narrow(3, 15, 1).ToArray<float>(), askew.Narrow(2, 15, 1).Narrow(3, 15, 1).ToArray<float>(), (a, b) => Math.Abs(a - b) < 0.3);
    }

    [Fact]
    public void Window_OfEverything_ChangesNothing_AndDrawsAreWithinThePicture()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var pictures = Ops.Rand([1, 3, 16, 16], generator, ScalarType.Float32);
        Assert.Equal(pictures.ToArray<float>(), RandomWindow.Apply(pictures, [new Window(0, 0, 16, 16)]).ToArray<float>(), (a, b) => Math.Abs(a - b) < 1e-5);
        Assert.All(RandomWindow.Draw(200, 64, generator), window =>
        {
            Assert.InRange((double)window.Height * window.Width / (64 * 64), 0.66, 0.94);
            Assert.InRange(window.Top, 0, 64 - window.Height);
            Assert.InRange(window.Left, 0, 64 - window.Width);
        });
    }

    private static Frame Paint(params Critic[] critics)
    {
        var recipe = Recipe.Clipag with { Augment = "", Noise = 0, Views = 2, Patches = 0, Start = StartKind.Noise, Steps = 60, LearningRate = 0.0175 };
        return new PixelGenerator(critics, recipe).GenerateAsync(new GenerationRequest("a red apple", new PaintOptions { Seed = 3, FrameEvery = 1000 })).ToBlockingEnumerable().Single();
    }
}
