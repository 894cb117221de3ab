using Pagoda.Generation;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Start;
using Pagoda.Tests.Generation;
using Pagoda.Torch;

namespace Pagoda.Tests.Evaluation;

public sealed class BatchPainterTests
{
    private static readonly PixelGenerator s_generator = new(TinyClip.Model(), TinyClip.Tokenizer, Recipe.Energy);

    public static TheoryData<Recipe> Recipes =>
    [
        Recipe.Energy with { Steps = 6 },
        Recipe.Clipag with { Steps = 4, Start = StartKind.Noise, Views = 3, Patches = 2 },
    ];

    [Theory]
    [MemberData(nameof(Recipes))]
    public async Task Paint_OnePicture_IsTheGeneratorsToTheBit(Recipe recipe)
    {
        using var painter = new BatchPainter(s_generator, recipe);
        var batch = Assert.Single(painter.Paint([("a red apple", 5)]));
        var alone = await Alone("a red apple", 5, recipe);
        Assert.Equal(alone.Picture.Pixels, batch.Picture.Pixels);
        Assert.Equal(alone.Energy, batch.Energy);
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public async Task Paint_Several_EachIsWhatItIsAlone(Recipe recipe)
    {
        (string Prompt, ulong Seed)[] prompts = [("a red apple", 5), ("a cat", 6), ("oil painting", 7)];
        using var painter = new BatchPainter(s_generator, recipe);
        var frames = painter.Paint(prompts);
        for (var i = 0; i < prompts.Length; i++)
        {
            var alone = (await Alone(prompts[i].Prompt, prompts[i].Seed, recipe)).Picture.Pixels;
            // Sums over a larger batch may round a pixel the other way.
            Assert.InRange(alone.Zip(frames[i].Picture.Pixels, (one, other) => Math.Abs(one - other)).Max(), 0, 2);
        }

        Assert.NotEqual(frames[0].Energy, frames[1].Energy);
    }

    [Fact]
    public void Starts_FromABank_AreTheCandidatesClosestToThePrompts()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(8);
        using var bank = InitBank.Fit(Ops.Rand([12, 3, 16, 16], generator), [.. Enumerable.Range(0, 12).Select(i => (long)i)], rank: 1);
        var withBank = new PixelGenerator(s_generator.Model, TinyClip.Tokenizer, Recipe.Energy, bank);
        var recipe = Recipe.Energy with { Start = StartKind.Bank, Candidates = 30, Steps = 1, LearningRate = 1e-9 };
        using var painter = new BatchPainter(withBank, recipe, candidateSeed: 4);
        var starts = painter.Starts(["a red apple", "a cat"]);

        using var drawing = new Generator(4);
        var target = Pagoda.Generation.Prompts.PromptTarget.Embed(s_generator.Model, TinyClip.Tokenizer, Pagoda.Generation.Prompts.Prompt.Parse("a red apple"));
        var expected = PicturePixels.ToPicture(StartPicture.Make(s_generator.Model, target, recipe, bank, TinyClip.Size, drawing));
        Assert.Equal(expected.Pixels, starts[0].Pixels);
        // A step of no length leaves the start.
        Assert.Equal(starts[0].Pixels, painter.Paint([("a red apple", 1)])[0].Picture.Pixels);
    }

    [Fact]
    public void Paint_Cancelled_Throws()
    {
        using var painter = new BatchPainter(s_generator, Recipe.Energy with { Steps = 1000 });
        Assert.Throws<OperationCanceledException>(() => painter.Paint([("a cat", 1)], new CancellationToken(canceled: true)));
        Assert.Throws<GenerationException>(() => painter.Starts(["a cat"]));
    }

    private static async Task<Frame> Alone(string prompt, ulong seed, Recipe recipe)
    {
        Frame? last = null;
        await foreach (var frame in s_generator.GenerateAsync(new GenerationRequest(prompt, new PaintOptions { Seed = seed, Recipe = recipe })))
        {
            last = frame;
        }

        return last!;
    }
}
