using Pagoda.Torch;

namespace Pagoda.Tests.Torch;

/// <summary>Noise drawn by all threads, held against libtorch's own.</summary>
public sealed class NoiseTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(1 << 14)]
    [InlineData((1 << 15) + 3)]
    [InlineData((1 << 17) + 31)]
    public void Normal_AnyCountAndThreads_IsLibtorchsAndLeavesItsGenerator(int count)
    {
        var threads = LibTorch.Threads;
        try
        {
            foreach (var now in new[] { 1, 2, 3 })
            {
                LibTorch.Threads = now;
                using var scope = new TensorScope();
                using var ours = new Generator(7);
                using var libtorchs = new Generator(7);
                // The second draw begins where the first has left the generator, in the middle of its state; the third may find a number left over.
                foreach (var size in new[] { count, count + 1, 3, count })
                {
                    Assert.Equal(Ops.Randn([size], libtorchs).ToArray<float>(), Noise.Normal([size], ours).ToArray<float>());
                }

                Assert.Equal(libtorchs.State.ToArray<byte>(), ours.State.ToArray<byte>());
            }
        }
        finally
        {
            LibTorch.Threads = threads;
        }
    }

    [Fact]
    public void Normal_DefaultGenerator_IsLibtorchs()
    {
        using var scope = new TensorScope();
        Generator.Seed(3);
        var expected = Ops.Randn([3, 40_000]).ToArray<float>();
        Generator.Seed(3);
        Assert.Equal(expected, Noise.Normal([3, 40_000]).ToArray<float>());
        Assert.Empty(Noise.Normal([0, 4]).ToArray<float>());
    }
}
