using System.Text.RegularExpressions;
using Pagoda.Torch;

namespace Pagoda.Tests.Torch;

public sealed partial class OperatorTests
{
    [Fact]
    public void Schemas_MatchTheRunningLibtorch()
    {
        var wrong = new List<string>();
        foreach (var line in Ops.Schemas)
        {
            var optional = line[0] == '?';
            var schema = line.TrimStart('?', ' ');
            var qualified = schema[..schema.IndexOf('(')];
            var dot = qualified.IndexOf('.');
            var running = dot < 0 ? LibTorch.Schema(qualified) : LibTorch.Schema(qualified[..dot], qualified[(dot + 1)..]);
            if (running is null ? !optional : !Matches(schema, running))
            {
                wrong.Add($"{line}\n    but libtorch {LibTorch.Version} has {running ?? "nothing of that name"}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [InlineData("aten::a(Tensor self, int[2] b=1) -> Tensor", "aten::a(Tensor self, SymInt[2] b=1) -> Tensor", true)]
    [InlineData("aten::a(Tensor self) -> Tensor", "aten::a(Tensor self, bool c=False) -> Tensor", true)]
    [InlineData("aten::a(Tensor self) -> Tensor", "aten::a(Tensor self, bool c) -> Tensor", false)]
    [InlineData("aten::a(Tensor self, int b) -> Tensor", "aten::a(Tensor self, float b) -> Tensor", false)]
    public void Matches_NewerSchemas(string ours, string theirs, bool expected) => Assert.Equal(expected, Matches(ours, theirs));

    /// <summary>The same to a boxed call: SymInt is int, and parameters appended with defaults are filled in.</summary>
    private static bool Matches(string ours, string theirs)
    {
        var (mine, running) = (Parameters(ours), Parameters(theirs));
        return mine.Length <= running.Length
            && mine.Zip(running).All(pair => pair.First == pair.Second)
            && running.Skip(mine.Length).All(parameter => parameter.Contains('='));
    }

    private static string[] Parameters(string schema)
    {
        schema = schema.Replace("SymInt", "int");
        schema = AliasPattern().Replace(schema, "");
        schema = NumberPattern().Replace(schema, match => "=" + double.Parse(match.Groups[1].Value).ToString("R"));
        var open = schema.IndexOf('(');
        return schema[(open + 1)..schema.LastIndexOf(')', schema.LastIndexOf("->", StringComparison.Ordinal))]
            .Split(", ").Where(parameter => parameter is not ("" or "*")).ToArray();
    }

    [GeneratedRegex(@"\([a-z]!?(\|[a-z])?( -> \*)?\)")]
    private static partial Regex AliasPattern();

    [GeneratedRegex(@"=(-?\d[\d.e+-]*)")]
    private static partial Regex NumberPattern();

    [Fact]
    public void Conv2d_GivesTheHandCountedSum()
    {
        using var scope = new TensorScope();
        var image = Ops.Ones([1, 1, 4, 4]);
        var kernel = Ops.Ones([1, 1, 3, 3]);

        Assert.Equal([9f, 9f, 9f, 9f], image.Conv2d(kernel, null).ToArray<float>());
        Assert.Equal([1, 1, 4, 4], image.Conv2d(kernel, null, padding: [1, 1]).Shape.ToArray());
    }

    [Fact]
    public void ListsOptionalsAndTuples_ArriveWhole()
    {
        using var scope = new TensorScope();
        var x = Ops.Arange(6).View([2, 3]);

        var (values, indices) = x.Max(1);
        Assert.Equal([2L, 5L], values.ToArray<long>());
        Assert.Equal([2L, 2L], indices.ToArray<long>());
        Assert.Equal([0L, 1L, 2L, 3L, 4L, 5L, 0L, 1L, 2L, 3L, 4L, 5L], Ops.Cat([x, x]).View([-1]).ToArray<long>());
        Assert.Equal([2L, 5L], x.Index([null, Tensor.From([2L])]).View([-1]).ToArray<long>());
        Assert.Equal(3, x.Unbind(1).Length);
        Assert.Equal(15, x.Sum().ToInt64());
        Assert.Equal([3L, 12L], x.Sum([1]).ToArray<long>());
    }

    [Fact]
    public void Error_CarriesLibtorchsMessage()
    {
        using var scope = new TensorScope();

        var error = Assert.Throws<TorchException>(() => Ops.Ones([2, 3]).Matmul(Ops.Ones([4, 5])));

        Assert.Contains("2x3 and 4x5", error.Message);
        Assert.DoesNotContain("frame #", error.Message);
    }

    [Fact]
    public void InPlace_ReturnsTheSameTensor()
    {
        using var scope = new TensorScope();
        var x = Ops.Zeros([3]);

        Assert.Same(x, x.Add_(2));
        Assert.Equal([2f, 2f, 2f], x.ToArray<float>());
    }
}
