using FsCheck;
using FsCheck.Fluent;
using Pagoda.Torch;

namespace Pagoda.Tests.Torch;

public sealed class SmallBatchTests
{
    [Theory]
    [InlineData(ScalarType.Float32, true)]
    [InlineData(ScalarType.Float32, false)]
    [InlineData(ScalarType.BFloat16, true)]
    [InlineData(ScalarType.BFloat16, false)]
    public void Linear_AnySizes_IsLibtorchs(ScalarType type, bool vectors) => Vectors.With(vectors ? 1 : 0, () =>
        Prop.ForAll(Sizes().ToArbitrary(), size =>
        {
            using var scope = new TensorScope();
            using var generator = new Generator((ulong)size.Seed);
            var weight = Ops.Randn([size.Outputs, size.Inputs], generator).To(type);
            var bias = size.Seed % 2 == 0 ? Ops.Randn([size.Outputs], generator) : null;
            var x = Ops.Randn([size.Rows, size.Inputs], generator);
            var before = Ops.Randn([size.Rows, size.Outputs], generator);
            var exact = x.Linear(weight.To(ScalarType.Float32), bias);
            return new[] { (AfterLinear.Store, exact), (AfterLinear.Gelu, exact.Gelu()), (AfterLinear.Add, exact + before) }.All(pair =>
            {
                var y = before.Clone();
                SmallBatch.Linear(weight, bias, x, y, pair.Item1);
                return (y - pair.Item2).Abs().Max().ToDouble() < 2e-5 * Math.Max(1, Math.Sqrt(size.Inputs));
            });
        }).QuickCheckThrowOnFailure());

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Attend_PositionByPosition_IsCausalAttention(bool vectors) => Vectors.With(vectors ? 1 : 0, () =>
        Prop.ForAll(Gen.Choose(1, 10_000).ToArbitrary(), seed =>
        {
            using var scope = new TensorScope();
            using var generator = new Generator((ulong)seed);
            long rows = 1 + (seed % 3), heads = 1 + (seed % 4), width = 1 + (seed % 21), length = 1 + (seed % 6), capacity = length + 2;
            var qkv = Ops.Randn([rows, length, 3 * heads * width], generator);
            var parts = qkv.View([rows, length, 3, heads, width]).Permute([2, 0, 3, 1, 4]).Unbind(0);
            var mask = Ops.Full([length, length], double.NegativeInfinity).Triu(1);
            var expected = ((parts[0] / Math.Sqrt(width)).Matmul(parts[1].Transpose(-2, -1)) + mask).Softmax(-1).Matmul(parts[2]);
            var (keys, values) = (Ops.Zeros([rows, heads, capacity, width]), Ops.Zeros([rows, heads, capacity, width]));
            var y = Ops.Empty([rows, heads * width]);
            for (var position = 0; position < length; position++)
            {
                SmallBatch.Attend(qkv.Select(1, position).Contiguous(), keys, values, position, y);
                if ((y.View([rows, heads, width]) - expected.Select(2, position)).Abs().Max().ToDouble() > 1e-5)
                {
                    return false;
                }
            }

            return true;
        }).QuickCheckThrowOnFailure());

    [Fact]
    public void Linear_WrongTensors_AreRefused()
    {
        using var scope = new TensorScope();
        var (weight, x, y) = (Ops.Ones([4, 3]), Ops.Ones([2, 3]), Ops.Ones([2, 4]));

        Assert.Contains("[2, 4]", Assert.Throws<ArgumentException>(() => SmallBatch.Linear(weight, null, x, Ops.Ones([2, 5]))).Message, StringComparison.Ordinal);
        Assert.Contains("Float64", Assert.Throws<ArgumentException>(() => SmallBatch.Linear(weight, null, Ops.Ones([2, 3], ScalarType.Float64), y)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SmallBatch.Linear(weight.Transpose(0, 1), null, Ops.Ones([2, 4]), Ops.Ones([2, 3])));
        Assert.Throws<ArgumentException>(() => SmallBatch.Linear(weight, Ops.Ones([3]), x, y));
        Assert.Throws<ArgumentException>(() => SmallBatch.Attend(Ops.Ones([1, 6]), Ops.Ones([1, 1, 3, 2]), Ops.Ones([1, 1, 3, 2]), 3, Ops.Ones([1, 2])));
    }

    private static Gen<(int Rows, int Inputs, int Outputs, int Seed)> Sizes() =>
        from rows in Gen.Choose(1, 19)
        from inputs in Gen.Choose(1, 70)
        from outputs in Gen.Choose(1, 70)
        from seed in Gen.Choose(1, 10_000)
        select (rows, inputs, outputs, seed);
}
