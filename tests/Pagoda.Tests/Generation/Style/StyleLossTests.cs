using Pagoda.Generation;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Style;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation.Style;

public sealed class StyleLossTests : IDisposable
{
    private static readonly StyleOptions s_options = new() { Size = 32, Patches = 3, Source = "a cat" };
    private static readonly ClipModel s_model = TinyClip.Model();
    private readonly TensorScope _scope = new();
    private readonly Generator _generator = new(1);

    public void Dispose()
    {
        _generator.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void Distance_IsOneMinusTheCosine_AndOneWhereNothingMoved()
    {
        var moved = Tensor.From([3f, 4, 0, 2, 0, 0, -3, -4, 0, 0, 0, 0], 4, 3);

        var distance = StyleLoss.Distance(moved, Tensor.From([0.6f, 0.8f, 0], 1, 3));

        // Along it, by 0.6 of the way, against it, not at all.
        Assert.Equal([0, 0.4f, 2, 1], distance.ToArray<float>(), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Rejected_BelowTheThreshold_IsZeroAndPullsNoMore()
    {
        var distances = Tensor.From([0.1f, 0.69f, 0.7f, 1.5f], 4);
        distances.RequiresGrad = true;

        var rejected = StyleLoss.Rejected(distances, 0.7);

        Assert.Equal([0, 0, 0.7f, 1.5f], rejected.ToArray<float>());
        Assert.Equal([0, 0, 1, 1], Autograd.Grad(rejected.Sum(), distances).ToArray<float>());
    }

    [Fact]
    public void Variation_IsTheLengthsOfFourWaysOfDifferences()
    {
        // 1 2 / 4 8 in one channel: to the right 1 and 4, below 3 and 6, along the diagonals 2 and 7.
        var variation = StyleLoss.Variation(Tensor.From([1f, 2, 4, 8], 1, 1, 2, 2)).ToDouble();

        Assert.Equal(Math.Sqrt(17) + Math.Sqrt(45) + 2 + 7, variation, 5);
    }

    [Fact]
    public void Whole_IsTheAngleBetweenHowThePictureMovedAndHowTheWordsLie()
    {
        var (original, styled) = (Random(2), Random(3));
        var loss = new StyleLoss([Critic()], "a red apple", s_options, NoFeatures);

        var whole = loss.Whole(loss.Know(original), styled).ToDouble();

        // The same in plain arithmetic: only the embeddings come from the model.
        var words = Words("a red apple").Zip(Words("a cat"), (a, b) => a - b).ToArray();
        var moved = s_model.EncodeImage(styled).ToArray<float>().Zip(s_model.EncodeImage(original).ToArray<float>(), (a, b) => (double)a - b).ToArray();
        Assert.Equal(1 - (Dot(moved, words) / Math.Sqrt(Dot(moved, moved) * Dot(words, words))), whole, 4);
    }

    [Fact]
    public void Whole_SeveralCritics_CountByTheirShares()
    {
        var (original, styled) = (Random(2), Random(3));
        double Of(params Critic[] critics)
        {
            var loss = new StyleLoss(critics, "a red apple", s_options, NoFeatures);
            return loss.Whole(loss.Know(original), styled).ToDouble();
        }

        var other = new Critic(TinyClip.Model(9), TinyClip.Tokenizer, 3);

        Assert.Equal((0.25 * Of(Critic())) + (0.75 * Of(other)), Of(Critic(), other), 5);
    }

    [Fact]
    public void Of_UnchangedPicture_LosesNoContent()
    {
        var picture = Random(2);
        var maps = new FeatureMaps(s_model);
        var loss = new StyleLoss([Critic()], "a red apple", s_options, maps.AtOwnSize);

        var (same, other) = (loss.Of(loss.Know(picture), picture, _generator), loss.Of(loss.Know(picture), Random(3), _generator));

        Assert.Equal(0, same.Content.ToDouble());
        Assert.True(other.Content.ToDouble() > 0);
        var weighted = (500 * other.Whole.ToDouble()) + (9000 * other.Patches.ToDouble()) + (150 * other.Content.ToDouble()) + (0.002 * other.Variation.ToDouble());
        Assert.Equal(weighted, other.Sum(s_options).ToDouble(), 0.5);
    }

    [Fact]
    public void Of_PatchesBelowTheThreshold_AllCountNothing()
    {
        var loss = new StyleLoss([Critic()], "a red apple", s_options with { Threshold = 2 }, NoFeatures);

        Assert.Equal(0, loss.Of(loss.Know(Random(2)), Random(3), _generator).Patches.ToDouble());
    }

    [Fact]
    public void New_StyleThatIsTheSource_Throws()
    {
        var problem = Assert.Throws<GenerationException>(() => new StyleLoss([Critic()], "a cat", s_options, NoFeatures));

        Assert.Contains("cannot tell \"a cat\" from \"a cat\"", problem.Message, StringComparison.Ordinal);
    }

    private static Critic Critic() => new(s_model, TinyClip.Tokenizer);

    private static IReadOnlyList<Tensor> NoFeatures(Tensor pictures) => [Ops.Zeros([1, 1, 1, 1])];

    private static Tensor Random(ulong seed)
    {
        using var generator = new Generator(seed);
        return Ops.Rand([1, 3, TinyClip.Size, TinyClip.Size], generator);
    }

    private static double Dot(IEnumerable<double> a, IEnumerable<double> b) => a.Zip(b, (x, y) => x * y).Sum();

    /// <summary>The mean of a text's embeddings in all templates, of length 1.</summary>
    private static double[] Words(string text)
    {
        var length = TinyClip.Config.Text.ContextLength;
        var mean = new double[TinyClip.Config.EmbedDim];
        foreach (var template in StyleLoss.Templates)
        {
            var sentence = template.Replace("{0}", text, StringComparison.Ordinal);
            var embedding = s_model.EncodeText(Tensor.From(TinyClip.Tokenizer.Tokenize(sentence, length), 1, length)).ToArray<float>();
            for (var i = 0; i < mean.Length; i++)
            {
                mean[i] += embedding[i];
            }
        }

        var norm = Math.Sqrt(Dot(mean, mean));
        return [.. mean.Select(value => value / norm)];
    }
}
