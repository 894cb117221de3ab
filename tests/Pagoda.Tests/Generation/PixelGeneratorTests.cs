using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Recipes;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation;

public sealed class PixelGeneratorTests
{
    private static readonly PixelGenerator s_generator = new(TinyClip.Model(), TinyClip.Tokenizer, Recipe.Energy);
    private static readonly Recipe s_notebook = Recipe.ClipagNotebook with { RequiresBank = false, Candidates = 60, Views = 3, Patches = 2 };

    public static TheoryData<Recipe> Recipes => [Recipe.Energy, s_notebook, Recipe.Clipag with { Candidates = 3, Views = 3, Patches = 2 }];

    [Theory]
    [MemberData(nameof(Recipes))]
    public async Task GenerateAsync_SameSeed_SamePicture(Recipe recipe)
    {
        var request = new GenerationRequest("a red apple", new PaintOptions { Seed = 3, Recipe = recipe, Steps = 12 });

        var (one, other, different) = (await Last(request), await Last(request), await Last(request with { Seed = 4 }));

        Assert.Equal(one.Picture.Pixels, other.Picture.Pixels);
        Assert.Equal(one.Energy, other.Energy);
        Assert.NotEqual(one.Picture.Pixels, different.Picture.Pixels);
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public async Task GenerateAsync_ComesCloserToThePrompt(Recipe recipe)
    {
        // Random weights see strong augmentation as another picture; the climb shows without it.
        var plain = recipe with { Augment = "", Patches = 0 };
        var request = new GenerationRequest("a red apple", new PaintOptions { Seed = 3, Recipe = plain, Start = StartKind.Grey, LearningRate = plain.Update == UpdateRule.AdamW ? 0.0175 : 0.3 });

        var frames = await All(request);

        Assert.True(frames[^2].Energy < frames[0].Energy - 0.02, $"from {frames[0].Energy} to {frames[^2].Energy}");
    }

    [Fact]
    public async Task GenerateAsync_Several_EachIsItsSeedAlone()
    {
        var request = new GenerationRequest("a cat", new PaintOptions { Seed = 10, Count = 3, Steps = 5, Recipe = s_notebook });

        var together = (await All(request)).Where(frame => frame.IsLast).ToList();

        Assert.Equal([10ul, 11ul, 12ul], together.Select(frame => frame.Seed));
        foreach (var frame in together)
        {
            Assert.Equal((await Last(request with { Seed = frame.Seed, Count = 1 })).Picture.Pixels, frame.Picture.Pixels);
        }
    }

    [Fact]
    public async Task GenerateAsync_StartSeed_GivesTheSameWhateverWasPaintedBefore()
    {
        var recipe = s_notebook with { StartSeed = 5, Steps = 2 };
        var request = new GenerationRequest("a red apple", new PaintOptions { Seed = 3, Recipe = recipe });
        using var fresh = new PixelGenerator(TinyClip.Model(), TinyClip.Tokenizer, recipe);

        await Last(request with { Prompt = "a cat", Seed = 8 });
        var after = await Last(request);
        var other = await Last(request with { Recipe = recipe with { StartSeed = 6 } });
        var again = await Last(request);
        var alone = await fresh.GenerateAsync(request).ToListAsync();

        Assert.Equal(after.Picture.Pixels, again.Picture.Pixels);
        Assert.Equal(after.Picture.Pixels, alone[^1].Picture.Pixels);
        Assert.NotEqual(after.Picture.Pixels, other.Picture.Pixels);
        Assert.Equal(recipe, RecipeJson.Change(s_notebook with { Steps = 2 }, new() { ["startSeed"] = 5 }));
    }

    [Fact]
    public async Task GenerateAsync_Frames_CountTheSteps()
    {
        var frames = await All(new GenerationRequest("a cat", new PaintOptions { Seed = 1, Steps = 7, FrameEvery = 3 }));

        Assert.Equal([3, 6, 7], frames.Select(frame => frame.Step));
        Assert.Equal([false, false, true], frames.Select(frame => frame.IsLast));
        Assert.All(frames, frame => Assert.Equal((7, TinyClip.Size, TinyClip.Size), (frame.Steps, frame.Picture.Width, frame.Picture.Height)));
    }

    [Fact]
    public async Task GenerateAsync_Cancelled_GivesWhatThereIsAndRepeats()
    {
        using var cancel = new CancellationTokenSource();
        var request = new GenerationRequest("a cat", new PaintOptions { Seed = 1, Steps = 100_000, Count = 2 });
        var frames = new List<Frame>();
        await foreach (var frame in s_generator.GenerateAsync(request, cancel.Token))
        {
            frames.Add(frame);
            if (frame.Step == 4)
            {
                await cancel.CancelAsync();
            }
        }

        var last = frames[^1];
        Assert.True(last is { IsLast: true, IsInterrupted: true, Index: 0, Step: >= 4 and < 50 });
        Assert.Single(frames, frame => frame.IsLast);
        Assert.Equal(last.Picture.Pixels, (await Last(request with { Count = 1, StopAfter = last.Step })).Picture.Pixels);
    }

    [Fact]
    public async Task GenerateAsync_Abandoned_Stops()
    {
        Garbage.Collect();
        var before = LibTorch.LiveTensors;
        await foreach (var frame in s_generator.GenerateAsync(new GenerationRequest("a cat", new PaintOptions { Steps = 100_000 })))
        {
            break;
        }

        Assert.Equal(before, LibTorch.LiveTensors);
    }

    [Fact]
    public async Task GenerateAsync_Mask_KeepsBlackPixelsToTheBit()
    {
        var random = new Random(1);
        var pixels = new byte[TinyClip.Size * TinyClip.Size * 3];
        random.NextBytes(pixels);
        var picture = new Picture(TinyClip.Size, TinyClip.Size, 3, pixels);
        var mask = new Picture(TinyClip.Size, TinyClip.Size, 1, [.. Enumerable.Range(0, TinyClip.Size * TinyClip.Size).Select(i => (byte)(i % TinyClip.Size < 8 ? 0 : 255))]);
        foreach (var recipe in new[] { Recipe.Energy, s_notebook })
        {
            var result = (await Last(new GenerationRequest("a cat", new PaintOptions { Seed = 1, Steps = 20, Init = picture, Mask = mask, Recipe = recipe }))).Picture;

            var kept = Enumerable.Range(0, pixels.Length).Where(i => i / 3 % TinyClip.Size < 8).ToList();
            Assert.Equal(kept.Select(i => pixels[i]), kept.Select(i => result.Pixels[i]));
            Assert.True(Enumerable.Range(0, pixels.Length).Except(kept).Count(i => result.Pixels[i] != pixels[i]) > 100);
        }
    }

    [Fact]
    public async Task GenerateAsync_LessStrength_ChangesThePictureLess()
    {
        var picture = new Picture(TinyClip.Size, TinyClip.Size, 3, [.. Enumerable.Repeat((byte)128, TinyClip.Size * TinyClip.Size * 3)]);
        async Task<int> Change(double strength)
        {
            var request = new GenerationRequest("a cat", new PaintOptions { Seed = 1, Steps = 30, Init = picture, Strength = strength });
            return (await Last(request)).Picture.Pixels.Sum(value => Math.Abs(value - 128));
        }

        Assert.True(await Change(0.1) * 2 < await Change(1));
        Assert.Equal(3, (await Last(new GenerationRequest("a cat", new PaintOptions { Steps = 30, Init = picture, Strength = 0.1 }))).Step);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(40)]
    [InlineData(64)]
    public async Task GenerateAsync_OtherSizes_EndAtTheSizeAskedFor(int size)
    {
        foreach (var recipe in new[] { Recipe.Energy, s_notebook })
        {
            var frame = await Last(new GenerationRequest("a cat", new PaintOptions { Seed = 1, Size = size, Steps = 8, Recipe = recipe }));

            Assert.Equal((size, size), (frame.Picture.Width, frame.Picture.Height));
        }
    }

    [Fact]
    public async Task GenerateAsync_InterruptedWhileSmall_StillGivesTheSizeAskedFor()
    {
        var frame = await Last(new GenerationRequest("a cat", new PaintOptions { Seed = 1, Size = 64, Steps = 8, StopAfter = 1 }));

        Assert.True(frame is { IsInterrupted: true, Picture: { Width: 64, Height: 64 } });
    }

    [Fact]
    public async Task GenerateAsync_ThousandSteps_HoldsNoMoreTensors()
    {
        var held = new List<long>();
        await foreach (var frame in s_generator.GenerateAsync(new GenerationRequest("a cat", new PaintOptions { Seed = 1, Steps = 1000, FrameEvery = 250, Views = 2 })))
        {
            held.Add(LibTorch.LiveTensors);
        }

        // A frame is read while the next step runs, whose tensors are few hundred.
        Assert.True(held[3] - held[0] < 400, string.Join(", ", held));
    }

    [Fact]
    public async Task GenerateAsync_NoBankForTheNotebook_SaysSo()
    {
        var error = await Assert.ThrowsAsync<GenerationException>(() => Last(new GenerationRequest("a cat", new PaintOptions { Recipe = Recipe.ClipagNotebook })));

        Assert.Contains("bank.safetensors", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GenerateAsync_ImpossibleRequest_SaysSoAtOnce()
    {
        foreach (var options in new[]
        {
            new PaintOptions { Count = 0 }, new PaintOptions { Size = 3 }, new PaintOptions { Steps = 0 }, new PaintOptions { Strength = 0.5 },
            new PaintOptions { Mask = new Picture(1, 1, 1, [0]) }, new PaintOptions { LearningRate = double.NaN }, new PaintOptions { Views = 0 },
        })
        {
            Assert.Throws<GenerationException>(() => s_generator.GenerateAsync(new GenerationRequest("a cat", options)));
        }
    }

    private static async Task<List<Frame>> All(GenerationRequest request)
    {
        var frames = new List<Frame>();
        await foreach (var frame in s_generator.GenerateAsync(request))
        {
            frames.Add(frame);
        }

        return frames;
    }

    private static async Task<Frame> Last(GenerationRequest request) => (await All(request))[^1];
}
