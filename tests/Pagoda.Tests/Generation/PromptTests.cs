using FsCheck;
using FsCheck.Fluent;
using Pagoda.Generation;
using Pagoda.Generation.Prompts;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation;

public sealed class PromptTests
{
    [Fact]
    public void Parse_PartsAndWeights_AreRead()
    {
        Assert.Equal(
            new Prompt([new("a cat", 1), new("oil painting", 0.4), new("blurry", -0.3), new("style.png", 0.5, IsPicture: true)]),
            Prompt.Parse(" a cat:1 | oil painting:0.4|blurry:-0.3 | image:style.png:0.5"));
    }

    [Theory]
    [InlineData("a clock at 10:30", "a clock at 10:30", 1)]
    [InlineData("a clock at 10:30:0.5", "a clock at 10:30", 0.5)]
    [InlineData("route 66:2", "route 66", 2)]
    [InlineData("note: a cat", "note: a cat", 1)]
    [InlineData("note: a cat:2", "note: a cat", 2)]
    [InlineData(@"level\:2", "level:2", 1)]
    [InlineData(@"this \| that", "this | that", 1)]
    [InlineData(@"back\\slash", @"back\slash", 1)]
    [InlineData(@"\image: the word", "image: the word", 1)]
    [InlineData("a cat:nan", "a cat:nan", 1)]
    [InlineData("a cat:-1e1", "a cat", -10)]
    public void Parse_Colons_AreWeightsOnlyBeforeNumbers(string text, string content, double weight)
    {
        Assert.Equal([new PromptTerm(content, weight)], Prompt.Parse(text).Terms);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("a cat | ")]
    [InlineData("a cat || a dog")]
    [InlineData(":0.5")]
    [InlineData("image:")]
    [InlineData("a cat\\")]
    public void Parse_NothingToPaint_SaysWhere(string text)
    {
        Assert.Contains("prompt", Assert.Throws<GenerationException>(() => Prompt.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_AnyPrompt_IsReadBack()
    {
        var letters = Gen.Elements("ab10:|\\ .-é\timage:".ToCharArray());
        var contents = letters.NonEmptyListOf().Select(list => string.Concat(list)).Or(Gen.Elements("image:x", "10:30", ":5", "a:1", " "));
        var weights = ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite).Or(Gen.Elements(1.0, 30.0, -0.3));
        var terms = contents.SelectMany(_ => weights, (content, weight) => (content, weight)).SelectMany(_ => Gen.Elements(true, false), (pair, isPicture) => new PromptTerm(pair.content, pair.weight, isPicture));
        var prompts = terms.NonEmptyListOf().Select(list => new Prompt([.. list]));

        Prop.ForAll(prompts.ToArbitrary(), prompt => Prompt.Parse(prompt.ToString()).Equals(prompt)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Embed_WeightsAndNegatives_MoveTheTarget()
    {
        using var scope = new TensorScope();
        var model = TinyClip.Model();
        Tensor Embed(string prompt, string? negative = null) =>
            PromptTarget.Embed(model, TinyClip.Tokenizer, Prompt.Parse(prompt), negative is null ? null : Prompt.Parse(negative));
        double Cosine(Tensor a, Tensor b) => (a * b).Sum().ToDouble();
        var (cat, oil) = (Embed("a cat"), Embed("oil painting"));

        Assert.Equal(1, Cosine(Embed("a cat:3"), cat), 5);
        Assert.True(Cosine(Embed("a cat:1 | oil painting:0.4"), oil) > Cosine(cat, oil));
        Assert.True(Cosine(Embed("a cat", "oil painting"), oil) < Cosine(cat, oil));
        Assert.Equal(Embed("a cat | oil painting:-0.3").ToArray<float>(), Embed("a cat", "oil painting").ToArray<float>());
        Assert.Throws<GenerationException>(() => Embed("a cat | a cat:-1"));
        Assert.Throws<GenerationException>(() => Embed("image:nowhere.png"));
    }
}
