using FsCheck;
using FsCheck.Fluent;
using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Training;
using Pagoda.Training.Objectives;

namespace Pagoda.Tests.Training;

public sealed class ObjectiveTests : IDisposable
{
    private readonly TensorScope _scope = new();
    private readonly ClipModel _model = TinyTraining.Model();

    private TowerPair Towers => new(_model, autocast: false);

    [Fact]
    public void Attack_AnySettings_StaysInTheBallAndInPixels()
    {
        var (images, tokens) = TinyTraining.Batch(3);
        var texts = Towers.EncodeText(tokens).Detach();
        var cases = from linf in Gen.Elements(true, false)
                    from radius in Gen.Choose(0, 300)
                    from steps in Gen.Choose(0, 3)
                    from stepSize in Gen.Choose(0, 200)
                    from start in Gen.Elements(true, false)
                    select new AttackSettings { Norm = linf ? "linf" : "L2", Radius = radius / 100.0, Steps = steps, StepSize = stepSize / 100.0, RandomStart = start };
        Prop.ForAll(cases.ToArbitrary(), settings =>
        {
            using var scope = new TensorScope();
            var moved = new RobustObjective(Towers, settings).Attack(images, texts);
            var distance = (moved - images).Flatten(1).LinalgVectorNorm(settings.Norm == "linf" ? double.PositiveInfinity : 2, [1]).Max().ToDouble();
            return distance <= settings.Radius + 1e-5 && moved.Min().ToDouble() >= 0 && moved.Max().ToDouble() <= 1 && !moved.RequiresGrad;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("l2", 1.0)]
    [InlineData("linf", 0.03)]
    public void Compute_OnAttackedPictures_HasTheLargerLoss(string norm, double radius)
    {
        var (images, tokens) = TinyTraining.Batch(8);
        var clean = new ContrastiveObjective(Towers).Compute(images, tokens).Loss.ToDouble();
        var attacked = new RobustObjective(Towers, new AttackSettings { Norm = norm, Radius = radius, Steps = 3, RandomStart = false }).Compute(images, tokens);
        Assert.True(attacked.Loss.ToDouble() > clean + 1e-3, $"{attacked.Loss.ToDouble()} after the attack, {clean} before");
        Assert.True(attacked.Loss.RequiresGrad);
    }

    [Fact]
    public void Attack_OneStepWithoutRandomStart_IsTheFastGradientSign()
    {
        var (images, tokens) = TinyTraining.Batch(4);
        var texts = Towers.EncodeText(tokens).Detach();
        var moved = new RobustObjective(Towers, new AttackSettings { Norm = "linf", Radius = 0.02, Steps = 1, RandomStart = false }).Attack(images, texts);
        var leaf = images.Detach().WithGrad();
        var gradient = Autograd.Grad(ClipLoss.Compute(Towers.EncodeImage(leaf), texts, _model.LogitScale.Detach()), leaf);
        Assert.Equal((images + (gradient.Sign() * 0.02)).Clamp(0, 1).ToArray<float>(), moved.ToArray<float>());
    }

    [Fact]
    public void Attack_LeavesNoGradientsAndNothingFrozen()
    {
        var (images, tokens) = TinyTraining.Batch(4);
        new RobustObjective(Towers, new AttackSettings()).Attack(images, Towers.EncodeText(tokens).Detach());
        Assert.All(_model.Weights.Parameters.Values, weight => Assert.True(weight.RequiresGrad && weight.Grad is null));
    }

    [Fact]
    public void Frozen_BodyThrows_FlagsAreAsBefore()
    {
        _model.Weights.SetTrainable("transformer.", false);
        var before = _model.Weights.Parameters.Values.Select(weight => weight.RequiresGrad).ToArray();
        Assert.Contains(false, before);
        Assert.Throws<TimeoutException>(() => Towers.Frozen<int>(() =>
        {
            Assert.All(_model.Weights.Parameters.Values, weight => Assert.False(weight.RequiresGrad));
            throw new TimeoutException();
        }));
        Assert.Equal(before, _model.Weights.Parameters.Values.Select(weight => weight.RequiresGrad));
    }

    [Fact]
    public void Compute_Energy_NoGradientFlowsThroughThePainting()
    {
        var (images, tokens) = TinyTraining.Batch(5);
        var options = new EnergyOptions { Negatives = 3, Buffer = 3, Steps = 4, Weight = 0.7 };
        var objective = new EnergyObjective(Towers, new AttackSettings { Radius = 0, Steps = 0, RandomStart = false }, options);
        var weights = _model.Weights.Parameters.Values.ToArray();
        var loss = objective.Compute(images, tokens).Loss;
        var gradients = Autograd.Grad(loss, weights);

        // The buffer now holds what was painted: the same loss with these as given pictures has the same gradients.
        var state = objective.State.ToDictionary(item => item.Name, item => item.Tensor);
        var scale = _model.LogitScale.Exp();
        var (texts, paintedTexts) = (Towers.EncodeText(tokens), Towers.EncodeText(state["tokens"]));
        var (real, painted) = (Towers.EncodeImage(images), Towers.EncodeImage(state["pictures"]));
        var choices = (texts.Matmul(Ops.Cat([real, painted]).T()) * scale).CrossEntropyLoss(Ops.Arange(5));
        var margin = (((painted * paintedTexts).Sum([1]).Unsqueeze(0) - (real * texts).Sum([1]).Unsqueeze(1)) * (scale * 0.5)).Softplus().Mean();
        var expected = ClipLoss.Compute(real, texts, _model.LogitScale) + ((choices + margin) * 0.7);
        Assert.Equal(expected.ToDouble(), loss.ToDouble(), 5);
        foreach (var (wanted, got) in Autograd.Grad(expected, weights).Zip(gradients))
        {
            Assert.True(Ops.Allclose(wanted, got, 1e-3, 1e-5));
        }
    }

    [Fact]
    public void Compute_Energy_PaintingsComeNearerToTheirCaptions()
    {
        var (images, tokens) = TinyTraining.Batch(6);
        var objective = new EnergyObjective(Towers, new AttackSettings(), new EnergyOptions { Negatives = 6, Buffer = 6, Steps = 5, MaxAge = 1000, Restart = 0 });
        double Painted() => objective.Compute(images, tokens).Figures.Single(figure => figure.Name == "painted").Value.ToDouble();
        var first = Painted();
        Assert.True(Enumerable.Range(0, 5).Select(_ => Painted()).Last() > first);
    }

    [Fact]
    public void Draw_Ages_PaintingsGoOnUntilTheyAreOld()
    {
        var buffer = new ReplayBuffer(new EnergyOptions { Negatives = 4, Buffer = 4, Steps = 3, MaxAge = 5, Restart = 0 }, 16, 8, Device.Cpu);
        var (_, tokens) = TinyTraining.Batch(2);
        foreach (var expected in new float[] { 0, 3, 0, 3, 0 })
        {
            var draw = buffer.Draw(tokens);
            Assert.All(draw.Ages.ToArray<float>(), age => Assert.Equal(expected, age));
            if (expected > 0)
            {
                Assert.All(draw.Pictures.ToArray<float>(), value => Assert.Equal(0.25f, value));
            }
            else
            {
                Assert.All(draw.Pictures.ToArray<float>(), value => Assert.NotEqual(0.25f, value));
            }

            var rows = tokens.ToArray<long>().Chunk(8).ToArray();
            Assert.All(draw.Tokens.ToArray<long>().Chunk(8), row => Assert.Contains(row, rows));
            buffer.PutBack(draw, Ops.Full([4, 3, 16, 16], 0.25));
        }
    }

    [Fact]
    public void Draw_RestartAlways_EveryPaintingIsNew()
    {
        var buffer = new ReplayBuffer(new EnergyOptions { Negatives = 4, Buffer = 9, Steps = 1, MaxAge = 100, Restart = 1 }, 16, 8, Device.Cpu);
        for (var i = 0; i < 5; i++)
        {
            var draw = buffer.Draw(TinyTraining.Batch(2).Tokens);
            Assert.Equal(4, draw.Indices.ToArray<long>().Distinct().Count());
            Assert.All(draw.Ages.ToArray<float>(), age => Assert.Equal(0, age));
            buffer.PutBack(draw, draw.Pictures);
        }
    }

    public void Dispose() => _scope.Dispose();
}
