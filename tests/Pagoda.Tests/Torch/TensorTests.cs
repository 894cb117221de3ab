using Pagoda.Torch;

namespace Pagoda.Tests.Torch;

public sealed class TensorTests
{
    [Fact]
    public void Scope_FreesAllButTheKept()
    {
        Garbage.Collect();
        var before = LibTorch.LiveTensors;
        Tensor kept;
        using (var scope = new TensorScope())
        {
            var x = Ops.Ones([2, 2]);
            kept = scope.Keep(x + 1);
            Assert.Equal(before + 2, LibTorch.LiveTensors);
        }

        Assert.Equal(before + 1, LibTorch.LiveTensors);
        Assert.Equal([2f, 2f, 2f, 2f], kept.ToArray<float>());
        kept.Dispose();
        Assert.Equal(before, LibTorch.LiveTensors);
    }

    [Fact]
    public void Scope_KeepHandsToTheOuterScope()
    {
        Garbage.Collect();
        var before = LibTorch.LiveTensors;
        using (new TensorScope())
        {
            Tensor kept;
            using (var inner = new TensorScope())
            {
                kept = inner.Keep(Ops.Ones([1]));
            }

            Assert.False(kept.IsDisposed);
        }

        Assert.Equal(before, LibTorch.LiveTensors);
    }

    [Fact]
    public void Scope_OutOfOrder_Throws()
    {
        var outer = new TensorScope();
        var inner = new TensorScope();

        Assert.Throws<InvalidOperationException>(outer.Dispose);

        inner.Dispose();
        outer.Dispose();
    }

    [Fact]
    public void Use_AfterItsScope_SaysSo()
    {
        Tensor lost;
        using (new TensorScope())
        {
            lost = Ops.Ones([1]);
        }

        Assert.Contains("freed with its scope", Assert.Throws<ObjectDisposedException>(() => lost.Add(1)).Message);
    }

    [Fact]
    public void From_WrongShape_Throws() =>
        Assert.Contains("6 elements; 3 were given", Assert.Throws<ArgumentException>(() => Tensor.From([1f, 2f, 3f], 2, 3)).Message);

    [Fact]
    public void Bytes_RoundTrip()
    {
        using var scope = new TensorScope();
        var x = Tensor.From([1.5f, -2f, 3f, 4f], 2, 2);

        var transposed = x.T();
        Assert.Equal([1.5f, 3f, -2f, 4f], transposed.ToArray<float>());
        var again = Tensor.FromBytes(x.To(ScalarType.BFloat16).ToBytes(), ScalarType.BFloat16, 2, 2);
        Assert.Equal([1.5f, -2f, 3f, 4f], again.To(ScalarType.Float32).ToArray<float>());
    }

    [Fact]
    public void ToArray_WrongType_Throws()
    {
        using var x = Ops.Ones([2]);

        Assert.Throws<InvalidOperationException>(() => x.ToArray<long>());
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("cuda")]
    [InlineData("cuda:3")]
    public void Device_NameRoundTrips(string name) => Assert.Equal(name == "cuda" ? "cuda:0" : name, Device.Parse(name).ToString());

    [Fact]
    public void Device_Unknown_Throws() => Assert.Throws<FormatException>(() => Device.Parse("gpu"));
}
