using Pagoda.Torch;

namespace Pagoda.Tests.Torch;

public sealed class AutogradTests
{
    [Fact]
    public void Grad_OfASquare_IsTwiceTheInput()
    {
        using var scope = new TensorScope();
        var x = Tensor.From([1f, -2f, 3f]).WithGrad();

        Assert.Equal([2f, -4f, 6f], Autograd.Grad((x * x).Sum(), x).ToArray<float>());
    }

    [Fact]
    public void Grad_Twice_GivesSecondDerivatives()
    {
        using var scope = new TensorScope();
        var x = Tensor.From([2f]).WithGrad();
        var first = Autograd.Grad((x * x * x).Sum(), [x], createGraph: true)[0];

        Assert.Equal(12, first.ToDouble());
        Assert.Equal(12, Autograd.Grad(first.Sum(), x).ToDouble());
    }

    [Fact]
    public void Backward_Accumulates()
    {
        using var scope = new TensorScope();
        var x = Tensor.From([1f, 2f]).WithGrad();

        Autograd.Backward(x.Sum());
        Autograd.Backward((x * 3).Sum());

        Assert.Equal([4f, 4f], x.Grad!.ToArray<float>());
        x.Grad = null;
        Assert.Null(x.Grad);
    }

    [Fact]
    public void GradMode_Disabled_RecordsNothing()
    {
        using var scope = new TensorScope();
        var x = Tensor.From([1f]).WithGrad();
        using (GradMode.Disable())
        {
            Assert.False((x * 2).RequiresGrad);
        }

        Assert.True((x * 2).RequiresGrad);
        using (new InferenceMode())
        {
            Assert.False((x * 2).RequiresGrad);
        }
    }

    [Fact]
    public void Autocast_RunsProductsInBFloat16()
    {
        using var scope = new TensorScope();
        var x = Ops.Ones([4, 4]);
        using (new Autocast(Device.Cpu))
        {
            Assert.Equal(ScalarType.BFloat16, x.Matmul(x).Type);
            using (new Autocast(Device.Cpu, enabled: false))
            {
                Assert.Equal(ScalarType.Float32, x.Matmul(x).Type);
            }

            Assert.Equal(ScalarType.BFloat16, x.Matmul(x).Type);
        }

        Assert.Equal(ScalarType.Float32, x.Matmul(x).Type);
    }

    [Fact]
    public void Seed_RepeatsAndStateIsRestored()
    {
        using var scope = new TensorScope();
        Generator.Seed(7);
        var state = Generator.DefaultState(Device.Cpu);
        var first = Ops.Randn([8]).ToArray<float>();
        Generator.SetDefaultState(Device.Cpu, state);

        Assert.Equal(first, Ops.Randn([8]).ToArray<float>());

        using var own = new Generator(7);
        Assert.Equal(first, Ops.Randn([8], own).ToArray<float>());
    }

    [Fact]
    public void Threads_AreTheProcessors()
    {
        var expected = int.TryParse(Environment.GetEnvironmentVariable("OMP_NUM_THREADS"), out var set) ? set : Environment.ProcessorCount;

        Assert.Equal(expected, LibTorch.Threads);
    }
}
