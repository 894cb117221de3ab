using Pagoda.Generation.Recipes;
using Pagoda.Generation.Start;
using Pagoda.Tests.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation;

public sealed class InitBankTests
{
    // Two classes, dark and light, whose pictures differ in one direction only.
    private static InitBank Fit(int perClass, int rank = 64)
    {
        using var scope = new TensorScope();
        using var generator = new Generator(3);
        var along = Ops.Randn([2 * perClass, 1, 1, 1], generator, ScalarType.Float32) * 0.1;
        var direction = Ops.Arange(32, dtype: ScalarType.Float32).Reshape([1, 1, 1, 32]) / 32;
        var labels = Enumerable.Range(0, 2 * perClass).Select(i => i < perClass ? 7L : 3L).ToArray();
        var levels = Tensor.From(Array.ConvertAll(labels, label => label == 7 ? 0.3f : 0.6f), labels.Length, 1, 1, 1);
        return InitBank.Fit((levels + (along * direction)).Expand([-1, 3, 32, 32]).Clamp(0, 1), labels, rank);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(100)]
    public void Sample_FollowsMeanAndCovarianceOfItsClass(int perClass)
    {
        using var bank = Fit(perClass);
        using var scope = new TensorScope();
        using var generator = new Generator(1);

        var samples = bank.Sample(2000, 0, generator);

        Assert.Equal(2, bank.Classes);
        Assert.Equal([2000, 3, 16, 16], samples.Shape.ToArray());
        // Labels are ordered: class 3, the light one, comes first.
        Assert.Equal(0.6, samples.Narrow(0, 0, 1000).Mean().ToDouble(), 1);
        Assert.Equal(0.3, samples.Narrow(0, 1000, 1000).Mean().ToDouble(), 1);
        var (left, right) = (Deviation(0), Deviation(15));
        Assert.True(right > 5 * left && right is > 0.06 and < 0.14, $"{left} {right}");
        double Deviation(int column) => samples.Narrow(0, 0, 1000).Select(3, column).Select(2, 5).Select(1, 0).Std().ToDouble();
    }

    [Fact]
    public void Sample_SomeAClass_ReachesTheFirstClassesOnly()
    {
        using var bank = Fit(10);
        using var scope = new TensorScope();
        using var generator = new Generator(1);

        Assert.Equal(0.6, bank.Sample(50, 50, generator).Mean().ToDouble(), 1);
    }

    [Fact]
    public void Load_WhatWasSaved_SamplesTheSame()
    {
        using var folder = new TemporaryFolder();
        using var bank = Fit(20);
        bank.Save(folder.File(InitBank.FileName));
        using var loaded = InitBank.Load(folder.File(InitBank.FileName));
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        using var same = new Generator(1);

        Assert.True((bank.Sample(8, 0, generator) - loaded.Sample(8, 0, same)).Abs().Max().ToDouble() < 1e-3);
    }

    [Fact]
    public void Make_Bank_TakesTheCandidateClosestToThePrompt()
    {
        using var bank = Fit(20);
        using var scope = new TensorScope();
        var model = TinyClip.Model();
        var recipe = Recipe.Clipag with { Candidates = 10 };
        using var generator = new Generator(1);
        using var same = new Generator(1);
        var target = model.EncodeImage(SeparableResize(bank.Sample(10, 0, same)).Narrow(0, 4, 1));

        var start = StartPicture.Make(model, target, recipe, bank, TinyClip.Size, generator);

        Assert.Equal(1, (model.EncodeImage(start) * target).Sum().ToDouble(), 4);
        static Tensor SeparableResize(Tensor pictures) => Pagoda.Generation.Augment.SeparableSampling.Resize(pictures, TinyClip.Size);
    }
}
