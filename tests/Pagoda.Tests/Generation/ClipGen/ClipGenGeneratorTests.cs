using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.ClipGen;
using Pagoda.Models.Gpt;
using Pagoda.Models.Vqgan;
using Pagoda.Tests.Models.Gpt;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation.ClipGen;

public sealed class ClipGenGeneratorTests
{
    private static readonly VqganModel s_vqgan = new(Weights.Initialize(7, Device.Cpu), new VqganConfig
    {
        Resolution = 16, Channels = 8, Multipliers = [1, 1], Blocks = 1, AttentionResolutions = [], LatentChannels = 8, CodebookSize = 11, CodebookWidth = 4, NormGroups = 4,
    });

    private static readonly GptModel s_gpt = TinyGpt.Model(1, TinyGpt.Config with { BlockSize = 16, ConditionWidth = TinyClip.Config.EmbedDim });

    private static ClipGenGenerator Generator(ClipGenOptions? options = null) => new(TinyClip.Model(), TinyClip.Tokenizer, s_gpt, s_vqgan, options);

    [Fact]
    public async Task GenerateAsync_Several_EachIsItsSeedAlone()
    {
        var generator = Generator();
        var request = new GenerationRequest("a red apple", new PaintOptions { Seed = 5, Count = 2 });

        var frames = await All(generator, request);
        var (one, other) = (frames.Single(frame => frame is { Index: 0, IsLast: true }), frames.Single(frame => frame is { Index: 1, IsLast: true }));

        Assert.Equal([5ul, 6ul], [one.Seed, other.Seed]);
        Assert.NotEqual(one.Picture.Pixels, other.Picture.Pixels);
        Assert.Equal(other.Picture.Pixels, (await All(generator, request with { Seed = 6, Count = 1 }))[^1].Picture.Pixels);
        // Three rows of four with a preview, then the picture.
        Assert.Equal([1, 2, 3, 4], frames.Where(frame => frame.Index == 0).Select(frame => frame.Step));
        Assert.All(frames, frame => Assert.Equal((8, 8, 4), (frame.Picture.Width, frame.Picture.Height, frame.Steps)));
    }

    [Fact]
    public async Task GenerateAsync_GivesTheBestOfAllCandidates()
    {
        var generator = Generator(new ClipGenOptions { Candidates = 11 });
        var request = new GenerationRequest("a red apple", new PaintOptions { Seed = 5, FrameEvery = int.MaxValue });

        var candidates = generator.Draw(request);
        var last = Assert.Single(await All(generator, request));

        Assert.Equal(Enumerable.Range(0, 11), candidates.Select(candidate => candidate.Number).Order());
        Assert.Equal(candidates.Select(candidate => candidate.Score).OrderDescending(), candidates.Select(candidate => candidate.Score));
        Assert.Equal(candidates[0].Picture.Pixels, last.Picture.Pixels);
        Assert.Equal(-candidates[0].Score, last.Energy, 6);
        Assert.All(candidates, candidate => Assert.Equal(16, candidate.Tokens.Count));
    }

    [Fact]
    public void Draw_ModalityShift_ChangesTheCondition()
    {
        var request = new GenerationRequest("a red apple", new PaintOptions { Seed = 5 });
        var shift = Enumerable.Range(0, TinyClip.Config.EmbedDim).Select(i => i % 2 == 0 ? 1f : -1f).ToArray();

        var likelihoods = Generator().Draw(request).Select(candidate => candidate.LogLikelihood).Order();
        var shifted = Generator(new ClipGenOptions { ModalityShift = shift }).Draw(request).Select(candidate => candidate.LogLikelihood).Order();
        var none = Generator(new ClipGenOptions { ModalityShift = new float[shift.Length] }).Draw(request).Select(candidate => candidate.LogLikelihood).Order();

        Assert.NotEqual(likelihoods, shifted);
        Assert.Equal(likelihoods, none);
    }

    [Fact]
    public async Task GenerateAsync_Cancelled_GivesTheRowsThatThereAre()
    {
        using var cancel = new CancellationTokenSource();
        var frames = new List<Frame>();
        await foreach (var frame in Generator().GenerateAsync(new GenerationRequest("a cat", new PaintOptions { Seed = 1, StopAfter = 2, Count = 1 }), cancel.Token))
        {
            frames.Add(frame);
        }

        Assert.True(frames[^1] is { IsLast: true, IsInterrupted: true, Step: 2 });
        // Two of four rows are drawn; the others are grey.
        Assert.All(frames[^1].Picture.Pixels[^(8 * 4 * 3)..], value => Assert.InRange(value, 127, 128));

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in Generator().GenerateAsync(new GenerationRequest("a cat"), cancel.Token))
            {
            }
        });
    }

    [Fact]
    public void New_NetworksThatDoNotBelongTogether_AreRefused()
    {
        static string Problem(GptConfig config, ClipGenOptions? options = null) =>
            Assert.Throws<GenerationException>(() => new ClipGenGenerator(TinyClip.Model(), TinyClip.Tokenizer, TinyGpt.Model(1, config), s_vqgan, options)).Message;

        Assert.Contains("6 numbers, and this CLIP's have 16", Problem(s_gpt.Config with { ConditionWidth = 6 }), StringComparison.Ordinal);
        Assert.Contains("12 tokens, and this VQGAN's codebook has 11", Problem(s_gpt.Config with { VocabularySize = 12 }), StringComparison.Ordinal);
        Assert.Contains("no square", Problem(s_gpt.Config with { BlockSize = 15 }), StringComparison.Ordinal);
        Assert.Contains("0 candidates", Problem(s_gpt.Config, new ClipGenOptions { Candidates = 0 }), StringComparison.Ordinal);
        Assert.Contains("shift has 3 numbers", Problem(s_gpt.Config, new ClipGenOptions { ModalityShift = [1, 2, 3] }), StringComparison.Ordinal);
    }

    [Fact]
    public void GenerateAsync_WhatItCannotDo_IsRefused()
    {
        string Problem(PaintOptions options) => Assert.Throws<GenerationException>(() => Generator().GenerateAsync(new GenerationRequest("a cat", options))).Message;

        Assert.Contains("pictures of 8 pixels, not of 64", Problem(new PaintOptions { Size = 64 }), StringComparison.Ordinal);
        Assert.Contains("does not start from a picture", Problem(new PaintOptions { Init = new Picture(8, 8, 3, new byte[192]) }), StringComparison.Ordinal);
    }

    private static async Task<List<Frame>> All(ClipGenGenerator generator, GenerationRequest request)
    {
        var frames = new List<Frame>();
        await foreach (var frame in generator.GenerateAsync(request))
        {
            frames.Add(frame);
        }

        return frames;
    }
}
