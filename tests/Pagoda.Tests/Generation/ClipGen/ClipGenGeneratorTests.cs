using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.ClipGen;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Recipes;
using Pagoda.Models.Gpt;
using Pagoda.Models.Vqgan;
using Pagoda.Tests.Formats.Checkpoints;
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

    private static ClipGenGenerator Generator(ClipGenOptions? options = null, ModalityShift? modality = null) =>
        new(TinyClip.Model(), TinyClip.Tokenizer, s_gpt, s_vqgan, (options ?? new ClipGenOptions()) with { Candidates = options?.Candidates ?? 8 }, modality);

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
        var width = TinyClip.Config.EmbedDim;
        var shift = new ModalityShift([.. Enumerable.Range(0, width).Select(i => i % 2 == 0 ? 1f : -1f)], new float[width]);

        double[] Likelihoods(ClipGenGenerator generator, GenerationRequest asked) => [.. generator.Draw(asked).Select(candidate => candidate.LogLikelihood).Order()];
        var likelihoods = Likelihoods(Generator(), request);
        var shifted = Likelihoods(Generator(modality: shift), request);
        var none = Likelihoods(Generator(new ClipGenOptions { Candidates = 8, Modality = 0 }, shift), request);

        Assert.NotEqual(likelihoods, shifted);
        Assert.Equal(likelihoods, none);

        // A picture is among pictures already.
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("grey.png"), PictureFile.EncodePng(new Picture(8, 8, 3, [.. Enumerable.Repeat((byte)90, 192)])));
        var picture = request with { Prompt = $"image:{folder.File("grey.png")}" };
        Assert.Equal(Likelihoods(Generator(), picture), Likelihoods(Generator(modality: shift), picture));
    }

    [Fact]
    public async Task GenerateAsync_Beams_AreTheLikeliestAndNeedNoSeed()
    {
        var generator = Generator(new ClipGenOptions { Beams = 3 });
        var request = new GenerationRequest("a red apple", new PaintOptions { Seed = 5 });

        var found = generator.Draw(request);
        var last = (await All(generator, request with { Seed = 6 }))[^1];

        Assert.Equal(3, found.Count);
        Assert.True(found.Max(candidate => candidate.LogLikelihood) > Generator().Draw(request).Max(candidate => candidate.LogLikelihood));
        Assert.Equal(found[0].Picture.Pixels, last.Picture.Pixels);
        Assert.Contains("same picture whatever the seed", Assert.Throws<GenerationException>(() => generator.GenerateAsync(request with { Count = 2 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DraftAndRefine_PaintsOverTheDraft()
    {
        var (drafter, refiner) = (Generator(), new PixelGenerator(TinyClip.Model(), TinyClip.Tokenizer));
        var recipe = Recipe.Energy with { Steps = 4, Start = StartKind.Noise };
        var request = new GenerationRequest("a red apple", new PaintOptions { Seed = 5, Count = 2, Refine = true, Strength = 0.5 });
        var both = new DraftAndRefine(drafter, refiner, recipe);

        var frames = await All(both, request);

        var second = frames.Where(frame => frame.Index == 1).ToList();
        Assert.Equal([1, 2, 3, 4, 5, 6, 6], second.Select(frame => frame.Step));
        Assert.All(second, frame => Assert.Equal((6, 8), (frame.Steps, frame.Picture.Width)));
        var draft = (await All(drafter, request with { Seed = 6, Count = 1 }))[^1];
        Assert.Equal(draft.Picture.Pixels, second[3].Picture.Pixels);
        var painted = (await All(refiner, request with { Seed = 6, Count = 1, Size = 8, Init = draft.Picture, Recipe = recipe }))[^1];
        Assert.Equal(painted.Picture.Pixels, second[^1].Picture.Pixels);
        Assert.NotEqual(draft.Picture.Pixels, second[^1].Picture.Pixels);

        Assert.Single(await All(both, request with { Count = 1, FrameEvery = int.MaxValue }));

        // Ended in the draft, at its end, and within the refinement.
        foreach (var stop in new[] { 2, 4, 5 })
        {
            var ended = (await All(both, request with { Seed = 6, Count = 1, StopAfter = stop }))[^1];
            Assert.Equal((true, true, stop, 6), (ended.IsLast, ended.IsInterrupted, ended.Step, ended.Steps));
        }

        // A refinement may be larger than the draft.
        Assert.Equal(16, (await All(both, request with { Count = 1, Size = 16 }))[^1].Picture.Width);
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
        static string Problem(GptConfig config, ClipGenOptions? options = null, ModalityShift? modality = null) =>
            Assert.Throws<GenerationException>(() => new ClipGenGenerator(TinyClip.Model(), TinyClip.Tokenizer, TinyGpt.Model(1, config), s_vqgan, options, modality)).Message;

        Assert.Contains("6 numbers, and this CLIP's have 16", Problem(s_gpt.Config with { ConditionWidth = 6 }), StringComparison.Ordinal);
        Assert.Contains("12 tokens, and this VQGAN's codebook has 11", Problem(s_gpt.Config with { VocabularySize = 12 }), StringComparison.Ordinal);
        Assert.Contains("no square", Problem(s_gpt.Config with { BlockSize = 15 }), StringComparison.Ordinal);
        Assert.Contains("0 candidates", Problem(s_gpt.Config, new ClipGenOptions { Candidates = 0 }), StringComparison.Ordinal);
        Assert.Contains("shift has 3 numbers", Problem(s_gpt.Config, modality: new ModalityShift([1, 2, 3], [1, 2, 3])), StringComparison.Ordinal);
    }

    [Fact]
    public void GenerateAsync_WhatItCannotDo_IsRefused()
    {
        string Problem(PaintOptions options) => Assert.Throws<GenerationException>(() => Generator().GenerateAsync(new GenerationRequest("a cat", options))).Message;

        Assert.Contains("pictures of 8 pixels, not of 64", Problem(new PaintOptions { Size = 64 }), StringComparison.Ordinal);
        Assert.Contains("does not start from a picture", Problem(new PaintOptions { Init = new Picture(8, 8, 3, new byte[192]) }), StringComparison.Ordinal);
    }

    private static async Task<List<Frame>> All(IGenerator generator, GenerationRequest request)
    {
        var frames = new List<Frame>();
        await foreach (var frame in generator.GenerateAsync(request))
        {
            frames.Add(frame);
        }

        return frames;
    }
}
