using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Style;
using Pagoda.Models.Clip;
using Pagoda.Models.Style;
using Pagoda.Tests.Models.Style;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation.Style;

public sealed class StyleTransferTests
{
    private static readonly StyleOptions s_options = new() { Size = 32, Steps = 25, Patches = 4, Source = "a cat" };
    private static readonly ClipModel s_model = TinyClip.Model();

    [Fact]
    public async Task Train_MovesThePictureTowardsTheStyle_ThroughEveryWeight()
    {
        var network = Network();
        var before = Weights(network);

        var frames = await All(network, s_options);

        Assert.Equal(Enumerable.Range(1, 25).Append(25), frames.Select(frame => frame.Step));
        Assert.True(frames[^1].Energy < frames[0].Energy - 0.1, $"from {frames[0].Energy} to {frames[^1].Energy}");
        Assert.True(frames[^1] is { IsLast: true, IsInterrupted: false, Picture: { Width: 32, Height: 32 } });
        // A convolution's bias before a normalisation changes nothing, and so has no gradient.
        Assert.All(before.Zip(Weights(network)).Where(pair => !pair.First.Key.EndsWith("bias", StringComparison.Ordinal)), pair => Assert.NotEqual(pair.First.Value, pair.Second.Value));
        Assert.All(network.Weights.Parameters.Values, parameter => Assert.False(parameter.RequiresGrad));
    }

    [Fact]
    public async Task Train_SameSeed_SamePictureToTheByte()
    {
        var (one, other, different) = (await All(Network(), s_options), await All(Network(), s_options), await All(Network(), s_options, seed: 4));

        Assert.Equal(one[^1].Picture.Pixels, other[^1].Picture.Pixels);
        Assert.NotEqual(one[^1].Picture.Pixels, different[^1].Picture.Pixels);
    }

    [Fact]
    public async Task Train_Cancelled_EndsWithTheNetworkAsItIs()
    {
        using var cancel = new CancellationTokenSource();
        var network = Network();
        var frames = new List<Frame>();
        await foreach (var frame in Transfer(s_options with { Steps = 1_000_000 }).Train(network, [Striped(40, 24)], "a red apple", 3, cancel.Token))
        {
            frames.Add(frame);
            if (frame.Step == 4)
            {
                await cancel.CancelAsync();
            }
        }

        Assert.True(frames[^1] is { IsLast: true, IsInterrupted: true, Steps: 1_000_000 });
        Assert.Equal(frames.Count - 1, frames[^1].Step);
        Assert.All(network.Weights.Parameters.Values, parameter => Assert.False(parameter.RequiresGrad));
        // As many steps, not cancelled, are the same.
        Assert.Equal((await All(Network(), s_options with { Steps = frames[^1].Step }))[^1].Picture.Pixels, frames[^1].Picture.Pixels);
    }

    [Fact]
    public async Task Train_CancelledBeforeItBegins_GivesThePictureUnchanged()
    {
        var frames = new List<Frame>();
        await foreach (var frame in Transfer(s_options).Train(Network(), [Striped(32, 32)], "a red apple", 3, new CancellationToken(canceled: true)))
        {
            frames.Add(frame);
        }

        Assert.True(Assert.Single(frames) is { IsLast: true, IsInterrupted: true, Step: 0 });
        // Black and white come back a little grey.
        Assert.All(frames[0].Picture.Pixels.Zip(Striped(32, 32).Pixels), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 6));
    }

    [Fact]
    public async Task Train_SeveralPictures_ChangesTheOthersToo()
    {
        var network = Network();
        var steps = 0;
        await foreach (var frame in Transfer(s_options).Train(network, [Striped(32, 32), Striped(48, 32)], "a red apple", 3))
        {
            steps += frame.IsLast ? 0 : 1;
        }

        Assert.Equal(13, steps);
        Assert.NotEqual(StyleTransfer.Apply(Network(), Striped(20, 36)).Pixels, StyleTransfer.Apply(network, Striped(20, 36)).Pixels);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 50)]
    [InlineData(33, 30)]
    [InlineData(64, 20)]
    public void Apply_AnySize_KeepsIt(int width, int height)
    {
        var styled = StyleTransfer.Apply(StyleNetworkFileTests.Trained(), Striped(width, height));

        Assert.Equal((width, height, 3), (styled.Width, styled.Height, styled.Channels));
    }

    [Fact]
    public void Apply_LargerThanMemory_SaysSo()
    {
        var problem = Assert.Throws<GenerationException>(() => StyleTransfer.RefuseTooLarge(100_000, 90_000, Device.Cpu));

        Assert.Contains("100000 x 90000 pixels", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_OutOfRange_Throws()
    {
        Assert.Throws<GenerationException>(() => Transfer(s_options with { Size = 30 }).Train(Network(), [Striped(8, 8)], "x", 1));
        Assert.Throws<GenerationException>(() => Transfer(s_options with { Source = "a cat | " }).Train(Network(), [Striped(8, 8)], "x", 1));
        Assert.Throws<GenerationException>(() => Transfer(s_options).Train(Network(), [Striped(8, 8)], " ", 1));
        Assert.Throws<GenerationException>(() => Transfer(s_options).Train(Network(), [], "x", 1));
        StyleOptions.Published.Check();
    }

    internal static Picture Striped(int width, int height) =>
        new(width, height, 3, [.. Enumerable.Range(0, width * height * 3).Select(i => (byte)(((i / 3 % width * 37) + (i / 3 / width * 11) + (i % 3 * 60)) % 256))]);

    private static StyleNetwork Network() => StyleNetworkFileTests.Network();

    private static StyleTransfer Transfer(StyleOptions options) => new([new Critic(s_model, TinyClip.Tokenizer)], new FeatureMaps(s_model).AtOwnSize, options);

    private static async Task<List<Frame>> All(StyleNetwork network, StyleOptions options, ulong seed = 3)
    {
        var frames = new List<Frame>();
        await foreach (var frame in Transfer(options).Train(network, [Striped(40, 24)], "a red apple", seed))
        {
            frames.Add(frame);
        }

        return frames;
    }

    private static List<KeyValuePair<string, float[]>> Weights(StyleNetwork network) =>
        [.. network.Weights.Parameters.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.ToArray<float>()))];
}
