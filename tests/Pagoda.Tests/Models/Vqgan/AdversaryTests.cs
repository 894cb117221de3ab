using Pagoda.Models.Lpips;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Vqgan;

public sealed class AdversaryTests
{
    [Fact]
    public void Discriminator_ActNorm_IsSetUpByItsFirstBatchInTraining()
    {
        using var scope = new TensorScope();
        var weights = Weights.Initialize(5, Device.Cpu);
        var discriminator = new Discriminator(weights, new DiscriminatorConfig(8, 2, ActNorm: true));
        var images = Ops.Randn([2, 3, 32, 32]);
        discriminator.Forward(images, training: false);
        Assert.Equal(0, weights.StateDict["main.3.initialized"].ToDouble());
        discriminator.Forward(images, training: true);
        Assert.Equal(1, weights.StateDict["main.3.initialized"].ToDouble());
        var scale = weights.Parameters["main.3.scale"].ToArray<float>();
        discriminator.Forward(images * 3, training: true);
        Assert.Equal(scale, weights.Parameters["main.3.scale"].ToArray<float>());
        Assert.DoesNotContain(1f, scale);
    }

    [Fact]
    public void Discriminator_BatchNorm_FollowsBatchesInTrainingOnly()
    {
        using var scope = new TensorScope();
        var weights = Weights.Initialize(5, Device.Cpu);
        var discriminator = new Discriminator(weights, new DiscriminatorConfig(8, 2));
        var images = Ops.Randn([2, 3, 32, 32]);
        Assert.Equal([2, 1, 6, 6], discriminator.Forward(images, training: false).Shape.ToArray());
        Assert.Equal(new float[16], weights.StateDict["main.3.running_mean"].ToArray<float>());
        discriminator.Forward(images, training: true);
        Assert.DoesNotContain(0f, weights.StateDict["main.3.running_mean"].ToArray<float>());
    }

    [Fact]
    public void AdaptiveWeight_MakesBothGradientsEquallyLong()
    {
        using var scope = new TensorScope();
        var layer = Tensor.From([1f, 2f]).WithGrad();
        var weight = VqganLoss.AdaptiveWeight((layer * 3).Sum(), (layer * 0.5).Sum(), layer, weight: 0.8);
        Assert.Equal(0.8 * 3 * Math.Sqrt(2) / (0.5 * Math.Sqrt(2) + 1e-4), weight.ToDouble(), 1e-5);
        Assert.False(weight.RequiresGrad);
        Assert.Equal(0.8 * VqganLoss.LargestWeight, VqganLoss.AdaptiveWeight(layer.Detach(), Ops.Zeros([2]), 0.8).ToDouble(), 1e-2);
    }

    [Fact]
    public void Losses_OfCertainLogits_AreWhatTheyShouldBe()
    {
        using var scope = new TensorScope();
        var (sure, wrong) = (Tensor.From([2f, 3f]), Tensor.From([-2f, -3f]));
        Assert.Equal(0, VqganLoss.Hinge(sure, wrong).ToDouble());
        Assert.Equal(3.5, VqganLoss.Hinge(wrong, sure).ToDouble(), 1e-6);
        Assert.Equal(2.5, VqganLoss.Generator(wrong).ToDouble(), 1e-6);
        Assert.InRange(VqganLoss.Vanilla(sure, wrong).ToDouble(), 0.01, 0.1);
    }

    [Fact]
    public void Lpips_OnPlainGrounds_HasGradientsThatAreNumbers()
    {
        using var scope = new TensorScope();
        var distance = new LpipsDistance(Weights.Initialize(2, Device.Cpu));
        var left = Ops.Full([1, 3, 32, 32], 1.0, ScalarType.Float32);
        var right = Ops.Full([1, 3, 32, 32], -1.0, ScalarType.Float32).WithGrad();
        var gradient = Autograd.Grad(distance.Forward(left, right).Sum(), right);
        Assert.True(gradient.Isfinite().All().ToDouble() == 1);
        Assert.Equal(0, distance.Forward(left, left).ToDouble());
    }
}
