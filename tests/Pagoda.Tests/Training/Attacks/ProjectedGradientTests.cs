using FsCheck;
using FsCheck.Fluent;
using Pagoda.Torch;
using Pagoda.Training.Attacks;

namespace Pagoda.Tests.Training.Attacks;

public class ProjectedGradientTests
{
    [Fact]
    public void Perturb_AnyOptions_StaysWithinRadiusAndRange()
    {
        var cases =
            from norm in Gen.Elements(AttackNorm.L2, AttackNorm.LInfinity)
            from radius in Gen.Choose(0, 300).Select(x => x / 100.0)
            from step in Gen.Choose(0, 200).Select(x => x / 100.0)
            from steps in Gen.Choose(0, 4)
            from random in Gen.Elements(true, false)
            from seed in Gen.Choose(0, 1000)
            select (new AttackOptions { Norm = norm, Radius = radius, StepSize = step, Steps = steps, RandomStart = random }, seed);
        Prop.ForAll(cases.ToArbitrary(), given =>
        {
            var (options, seed) = given;
            using var scope = new TensorScope();
            var generator = new Generator((ulong)seed);
            var images = Ops.Rand([3, 3, 5, 4], generator);
            var target = Ops.Rand([3, 3, 5, 4], generator);
            var near = new ProjectedGradient(options, generator).Perturb(images, x => (x - target).Square().Sum());
            var delta = near - images;
            var length = (options.Norm == AttackNorm.L2 ? delta.LinalgVectorNorm(2, [1, 2, 3]) : delta.Abs().Amax([1, 2, 3])).Max().ToDouble();
            return length <= options.Radius + 1e-5 && near.Min().ToDouble() >= 0 && near.Max().ToDouble() <= 1 && !near.RequiresGrad;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(AttackNorm.L2, 0.5)]
    [InlineData(AttackNorm.LInfinity, 0.03)]
    public void Perturb_OfALoss_RaisesIt(AttackNorm norm, double radius)
    {
        using var scope = new TensorScope();
        var generator = new Generator(3);
        var images = Ops.Rand([2, 3, 6, 6], generator);
        var direction = Ops.Randn([2, 3, 6, 6], generator);
        Tensor Loss(Tensor x) => (x * direction).Sum();
        var near = new ProjectedGradient(new AttackOptions { Norm = norm, Radius = radius, StepSize = radius / 2, Steps = 4 }).Perturb(images, Loss);
        Assert.True(Loss(near).ToDouble() > Loss(images).ToDouble());
    }

    [Fact]
    public void Perturb_FlatLoss_LeavesPicturesWithoutNaN()
    {
        using var scope = new TensorScope();
        var images = Ops.Rand([2, 3, 4, 4], new Generator(4));
        var near = new ProjectedGradient(new AttackOptions()).Perturb(images, x => (x * 0).Sum());
        Assert.True(near.Equal(images));
    }

    [Fact]
    public void Perturb_TrainableWeights_GetNoGradient()
    {
        using var scope = new TensorScope();
        var weight = Ops.Rand([3, 1, 1], new Generator(5)).WithGrad();
        new ProjectedGradient(new AttackOptions()).Perturb(Ops.Rand([2, 3, 4, 4], new Generator(6)), x => (x * weight).Square().Sum());
        Assert.Null(weight.Grad);
    }

    [Fact]
    public void Perturb_ManySteps_FreesEveryStepsTensors()
    {
        using var scope = new TensorScope();
        var images = Ops.Rand([1, 3, 4, 4], new Generator(7));
        var most = 0L;
        Garbage.Collect();
        var before = LibTorch.LiveTensors;
        new ProjectedGradient(new AttackOptions { Steps = 50 }).Perturb(images, x =>
        {
            most = Math.Max(most, LibTorch.LiveTensors - before);
            return x.Square().Sum();
        });
        Assert.InRange(most, 1, 8);
    }

    [Fact]
    public void ProjectedGradient_ImpossibleOptions_Throws()
    {
        Assert.Contains("radius", Assert.Throws<ArgumentException>(() => new ProjectedGradient(new AttackOptions { Radius = -1 })).Message);
        Assert.Contains("step size", Assert.Throws<ArgumentException>(() => new ProjectedGradient(new AttackOptions { StepSize = double.NaN })).Message);
        Assert.Contains("steps", Assert.Throws<ArgumentException>(() => new ProjectedGradient(new AttackOptions { Steps = -1 })).Message);
    }
}
