using FsCheck;
using FsCheck.Fluent;
using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Training;
using Pagoda.Training.Batches;
using Pagoda.Training.Objectives;

namespace Pagoda.Tests.Training;

[Trait("Host", "small")]
public sealed class ObjectiveTests : IDisposable
{
    private static readonly AttackSettings NoAttack = new() { Radius = 0, Steps = 0, RandomStart = false };
    private static readonly EnergyOptions Small = new() { Negatives = 3, Steps = 2 };

    private readonly TensorScope _scope = new();
    private readonly ClipModel _model = TinyTraining.Model();

    private WholeBatch Batch => new(new TowerPair(_model, autocast: false));

    [Fact]
    public void Attack_AnySettings_StaysInTheBallAndInPixels()
    {
        var (images, tokens) = TinyTraining.Batch(3);
        var texts = _model.EncodeText(tokens).Detach();
        var cases = from linf in Gen.Elements(true, false)
                    from radius in Gen.Choose(0, 300)
                    from steps in Gen.Choose(0, 3)
                    from stepSize in Gen.Choose(0, 200)
                    from start in Gen.Elements(true, false)
                    select new AttackSettings { Norm = linf ? "linf" : "L2", Radius = radius / 100.0, Steps = steps, StepSize = stepSize / 100.0, RandomStart = start };
        Prop.ForAll(cases.ToArbitrary(), settings =>
        {
            using var scope = new TensorScope();
            var moved = new RobustObjective(Batch, settings).Attack(images, texts);
            var distance = (moved - images).Flatten(1).LinalgVectorNorm(settings.Norm == "linf" ? double.PositiveInfinity : 2, [1]).Max().ToDouble();
            return distance <= settings.Radius + 1e-5 && moved.Min().ToDouble() >= 0 && moved.Max().ToDouble() <= 1 && !moved.RequiresGrad;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("l2", 1.0)]
    [InlineData("linf", 0.03)]
    public void Accumulate_OnAttackedPictures_HasTheLargerLoss(string norm, double radius)
    {
        var (images, tokens) = TinyTraining.Batch(8);
        var clean = new ContrastiveObjective(Batch).Accumulate(images, tokens, null).Loss;
        var attacked = new RobustObjective(Batch, new AttackSettings { Norm = norm, Radius = radius, Steps = 3, RandomStart = false }).Accumulate(images, tokens, null).Loss;
        Assert.True(attacked > clean + 1e-3, $"{attacked} after the attack, {clean} before");
    }

    [Fact]
    public void Attack_OneStepWithoutRandomStart_IsTheFastGradientSign()
    {
        var (images, tokens) = TinyTraining.Batch(4);
        var texts = _model.EncodeText(tokens).Detach();
        var moved = new RobustObjective(Batch, new AttackSettings { Norm = "linf", Radius = 0.02, Steps = 1, RandomStart = false }).Attack(images, texts);
        var leaf = images.Detach().WithGrad();
        var gradient = Autograd.Grad(ClipLoss.Compute(_model.EncodeImage(leaf), texts, _model.LogitScale.Detach()), leaf);
        Assert.Equal((images + (gradient.Sign() * 0.02)).Clamp(0, 1).ToArray<float>(), moved.ToArray<float>());
    }

    [Fact]
    public void Attack_LeavesNoGradientsAndNothingFrozen()
    {
        var (images, tokens) = TinyTraining.Batch(4);
        new RobustObjective(Batch, new AttackSettings()).Attack(images, _model.EncodeText(tokens).Detach());
        Assert.All(_model.Weights.Parameters.Values, weight => Assert.True(weight.RequiresGrad && weight.Grad is null));
    }

    [Fact]
    public void Frozen_BodyThrows_FlagsAreAsBefore()
    {
        _model.Weights.SetTrainable("transformer.", false);
        var before = _model.Weights.Parameters.Values.Select(weight => weight.RequiresGrad).ToArray();
        Assert.Contains(false, before);
        Assert.Throws<TimeoutException>(() => Batch.Towers.Frozen<int>(() =>
        {
            Assert.All(_model.Weights.Parameters.Values, weight => Assert.False(weight.RequiresGrad));
            throw new TimeoutException();
        }));
        Assert.Equal(before, _model.Weights.Parameters.Values.Select(weight => weight.RequiresGrad));
    }

    /// <summary>Algorithm 1 of arXiv 2408.17046, written out beside the objective: the same start, the same draws, the same loss and gradients.</summary>
    [Fact]
    public void Accumulate_ClipJem_IsAlgorithmOne()
    {
        var (images, tokens) = TinyTraining.Batch(5);
        var attack = new AttackSettings { Radius = 0.8, Steps = 2, StepSize = 0.5, RandomStart = false };
        var options = new EnergyOptions { Weight = 0.4, Negatives = 3, Steps = 4, StepSize = 0.03, Noise = 0.02 };
        Generator.Seed(5);
        var result = new EnergyObjective(Batch, attack, options).Accumulate(images, tokens, null);
        var weights = _model.Weights.Parameters.Values.ToArray();
        var gradients = weights.Select(weight => weight.Grad!.Clone()).ToArray();

        Generator.Seed(5);
        var rows = Ops.Arange(3);
        var negatives = Ops.Rand([3, 3, TinyTraining.Size, TinyTraining.Size]);
        var texts = _model.EncodeText(tokens).Detach();
        var drawnTexts = texts.IndexSelect(0, rows);
        var (first, second) = (negatives.ZerosLike(), negatives.ZerosLike());
        for (var step = 1; step <= options.Steps; step++)
        {
            negatives += Ops.Randn(negatives.Shape) * options.Noise;
            var leaf = negatives.Detach().WithGrad();
            var gradient = Autograd.Grad(ClipLoss.Compute(_model.EncodeImage(leaf), drawnTexts, _model.LogitScale.Detach()), leaf);
            (first, second) = ((first * 0.9) + (gradient * 0.1), (second * 0.999) + (gradient * gradient * 0.001));
            var moved = first / (1 - Math.Pow(0.9, step)) / ((second / (1 - Math.Pow(0.999, step))).Sqrt() + 1e-8);
            negatives = ((negatives * (1 - (options.StepSize * 0.01))) - (moved * options.StepSize)).Clamp(0, 1);
        }

        var attacked = images;
        for (var step = 0; step < attack.Steps; step++)
        {
            var leaf = attacked.Detach().WithGrad();
            var gradient = Autograd.Grad(ClipLoss.Compute(_model.EncodeImage(leaf), texts, _model.LogitScale.Detach()), leaf);
            var delta = attacked - images + (gradient / gradient.LinalgVectorNorm(2, [1, 2, 3], keepdim: true) * attack.StepSize);
            var length = delta.LinalgVectorNorm(2, [1, 2, 3], keepdim: true);
            attacked = (images + (delta * (attack.Radius / length).Clamp(0, 1))).Clamp(0, 1);
        }

        var learned = _model.EncodeText(tokens);
        var drawn = _model.EncodeText(tokens.IndexSelect(0, rows));
        var real = _model.EncodeImage(images.IndexSelect(0, rows));
        var together = Ops.Cat([real, _model.EncodeImage(negatives)]);
        var scale = _model.LogitScale.Exp();
        var energy = ((drawn.Matmul(together.T()) * scale).CrossEntropyLoss(Ops.Arange(3)) + (real.Matmul(drawn.T()) * scale).CrossEntropyLoss(Ops.Arange(3))) / 2;
        var loss = ClipLoss.Compute(_model.EncodeImage(attacked), learned, _model.LogitScale) + (energy * options.Weight);
        Assert.Equal(loss.ToDouble(), result.Loss, 5);
        foreach (var (wanted, got) in Autograd.Grad(loss, weights).Zip(gradients))
        {
            Assert.True(Ops.Allclose(wanted, got, 1e-3, 1e-5));
        }
    }

    [Fact]
    public void Accumulate_RealOfTheBatchWithMargin_NoGradientFlowsThroughThePainting()
    {
        var (images, tokens) = TinyTraining.Batch(5);
        var options = new EnergyOptions
        {
            Negatives = 3, Buffer = 3, Steps = 4, Weight = 0.7, Margin = 1, Real = RealPictures.Batch,
            Sampler = NegativeSampler.Gradient, StepSize = 0.9, PaintingLoss = PaintingLoss.Energy, Start = NegativeStart.Soft,
        };
        var objective = new EnergyObjective(Batch, NoAttack, options);
        var weights = _model.Weights.Parameters.Values.ToArray();
        var loss = objective.Accumulate(images, tokens, null).Loss;
        var gradients = weights.Select(weight => weight.Grad!).ToArray();

        // The buffer now holds what was painted: the same loss with these as given pictures has the same gradients.
        var state = objective.State.ToDictionary(item => item.Name, item => item.Tensor);
        var scale = _model.LogitScale.Exp();
        var (texts, paintedTexts) = (_model.EncodeText(tokens), _model.EncodeText(state["tokens"]));
        var (real, painted) = (_model.EncodeImage(images), _model.EncodeImage(state["pictures"]));
        var choices = (texts.Matmul(Ops.Cat([real, painted]).T()) * scale).CrossEntropyLoss(Ops.Arange(5));
        var margin = (((painted * paintedTexts).Sum([1]).Unsqueeze(0) - (real * texts).Sum([1]).Unsqueeze(1)) * (scale * 0.5)).Softplus().Mean();
        var expected = ClipLoss.Compute(real, texts, _model.LogitScale) + ((choices + margin) * 0.7);
        Assert.Equal(expected.ToDouble(), loss, 4);
        foreach (var (wanted, got) in Autograd.Grad(expected, weights).Zip(gradients))
        {
            Assert.True(Ops.Allclose(wanted, got, 1e-3, 1e-5));
        }
    }

    [Theory]
    [InlineData(NegativeSampler.Adamw, PaintingLoss.Contrastive)]
    [InlineData(NegativeSampler.Adamw, PaintingLoss.Energy)]
    [InlineData(NegativeSampler.Gradient, PaintingLoss.Energy)]
    public void Accumulate_AgainAndAgain_PaintingsComeNearerToTheirCaptions(NegativeSampler sampler, PaintingLoss loss)
    {
        var (images, tokens) = TinyTraining.Batch(6);
        var objective = new EnergyObjective(Batch, NoAttack, new EnergyOptions
        {
            Negatives = 6, Buffer = 6, Steps = 5, MaxAge = 1000, Restart = 0, Sampler = sampler, PaintingLoss = loss, StepSize = sampler == NegativeSampler.Adamw ? 0.01 : 0.9,
        });
        double Painted() => objective.Accumulate(images, tokens, null).Figures.Single(figure => figure.Name == "painted").Value;
        var first = Painted();
        Assert.True(Enumerable.Range(0, 5).Select(_ => Painted()).Last() > first);
    }

    [Fact]
    public void Draw_Ages_PaintingsGoOnUntilTheyAreOld()
    {
        var source = new NegativeSource(Batch, Small with { Negatives = 4, Buffer = 4, Steps = 3, MaxAge = 5, Restart = 0 }, null);
        var (images, tokens) = TinyTraining.Batch(2);
        foreach (var expected in new float[] { 0, 3, 0, 3, 0 })
        {
            var draw = source.Draw(images, tokens);
            Assert.All(draw.Ages!.ToArray<float>(), age => Assert.Equal(expected, age));
            if (expected > 0)
            {
                Assert.All(draw.Pictures.ToArray<float>(), value => Assert.Equal(0.25f, value));
            }
            else
            {
                Assert.All(draw.Pictures.ToArray<float>(), value => Assert.NotEqual(0.25f, value));
            }

            // Each has the real picture of its caption.
            foreach (var (row, real) in draw.Tokens.ToArray<long>().Chunk(8).Zip(draw.Real!.ToArray<float>().Chunk(3 * TinyTraining.Size * TinyTraining.Size)))
            {
                var at = Array.FindIndex(tokens.ToArray<long>().Chunk(8).ToArray(), other => other.SequenceEqual(row));
                Assert.Equal(images.Select(0, at).Flatten().ToArray<float>(), real);
            }

            source.PutBack(draw, Ops.Full([4, 3, 16, 16], 0.25));
        }
    }

    [Fact]
    public void Draw_RestartAlways_EveryPaintingIsNew()
    {
        var source = new NegativeSource(Batch, Small with { Negatives = 4, Buffer = 9, Steps = 1, MaxAge = 100, Restart = 1 }, null);
        for (var i = 0; i < 5; i++)
        {
            var (images, tokens) = TinyTraining.Batch(2);
            var draw = source.Draw(images, tokens);
            Assert.Equal(4, draw.Places!.ToArray<long>().Distinct().Count());
            Assert.All(draw.Ages!.ToArray<float>(), age => Assert.Equal(0, age));
            source.PutBack(draw, draw.Pictures);
        }
    }

    [Fact]
    public void Draw_FromABank_AsksItForPicturesOfTheModelsSize()
    {
        var (images, tokens) = TinyTraining.Batch(4);
        var asked = new List<(int, int, ulong)>();
        Tensor Bank(int count, int size, ulong seed)
        {
            asked.Add((count, size, seed));
            return Ops.Full([count, 3, size, size], 0.5);
        }

        var source = new NegativeSource(Batch, Small with { Start = NegativeStart.Bank }, Bank);
        Assert.All(source.Draw(images, tokens).Pictures.ToArray<float>(), value => Assert.Equal(0.5f, value));
        source.Draw(images, tokens);
        Assert.Equal([(3, TinyTraining.Size), (3, TinyTraining.Size)], asked.Select(one => (one.Item1, one.Item2)));
        Assert.NotEqual(asked[0].Item3, asked[1].Item3);
    }

    public void Dispose() => _scope.Dispose();
}
