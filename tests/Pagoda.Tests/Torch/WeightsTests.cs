using Pagoda.Torch;

namespace Pagoda.Tests.Torch;

public sealed class WeightsTests
{
    [Fact]
    public void Parameter_OfACheckpoint_IsReadByItsFullName()
    {
        var weights = Weights.Load(new Checkpoint(("visual.blocks.0.weight", [2, 3])), Device.Cpu);

        using var weight = weights["visual"]["blocks"][0].Parameter("weight", [2, 3], Initializer.Zeros);

        Assert.Equal([7f, 7f, 7f, 7f, 7f, 7f], weight.ToArray<float>());
        Assert.Same(weight, weights.Parameters["visual.blocks.0.weight"]);
        weights.ThrowIfUnexpected();
    }

    [Fact]
    public void Parameter_Missing_NamesTensorAndFile()
    {
        var weights = Weights.Load(new Checkpoint(("a.weight", [2])), Device.Cpu);

        var message = Assert.Throws<InvalidDataException>(() => weights["a"].Parameter("bias", [2], Initializer.Zeros)).Message;

        Assert.Contains("memory.pt has no tensor a.bias", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameter_Misshapen_NamesBothShapes()
    {
        var weights = Weights.Load(new Checkpoint(("a.weight", [2, 3])), Device.Cpu);

        var message = Assert.Throws<InvalidDataException>(() => weights["a"].Parameter("weight", [3, 2], Initializer.Zeros)).Message;

        Assert.Contains("a.weight has shape [2, 3], the model needs [3, 2]", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameter_AskedTwiceWithAnotherShape_IsRefused()
    {
        var weights = Weights.Initialize(0, Device.Cpu);
        using var first = weights.Parameter("tied", [2, 3], Initializer.Zeros);

        Assert.Same(first, weights.Parameter("tied", [2, 3], Initializer.Zeros));
        Assert.Contains(
            "tied has shape [2, 3], the model needs [3, 3]",
            Assert.Throws<InvalidDataException>(() => weights.Parameter("tied", [3, 3], Initializer.Zeros)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void ThrowIfUnexpected_NamesWhatIsLeftUnlessIgnored()
    {
        var weights = Weights.Load(new Checkpoint(("known", [1]), ("mask", [1]), ("stranger", [1])), Device.Cpu);
        using var known = weights.Parameter("known", [1], Initializer.Zeros);
        weights.Ignore("mask");

        var message = Assert.Throws<InvalidDataException>(weights.ThrowIfUnexpected).Message;

        Assert.Contains("memory.pt has 1 tensor(s) that the model does not know, such as stranger", message, StringComparison.Ordinal);
    }

    [Fact]
    public void SetTrainable_ConcernsOnlyThePrefixAndNoBuffer()
    {
        var weights = Weights.Initialize(0, Device.Cpu);
        using var image = weights["visual"].Parameter("weight", [1], Initializer.Zeros);
        using var text = weights["text"].Parameter("weight", [1], Initializer.Zeros);
        using var buffer = weights["visual"].Buffer("mean", [1], Initializer.Zeros);

        weights.SetTrainable("visual.", true);

        Assert.True(image.RequiresGrad);
        Assert.False(text.RequiresGrad);
        Assert.False(buffer.RequiresGrad);
        Assert.Equal(["visual.weight", "text.weight"], weights.Parameters.Keys);
        Assert.Equal(["visual.weight", "text.weight", "visual.mean"], weights.StateDict.Keys);
    }

    [Fact]
    public void Initialize_TheSameSeed_GivesTheSameBits()
    {
        using var scope = new TensorScope();
        float[] Draw(ulong seed)
        {
            var weights = Weights.Initialize(seed, Device.Cpu);
            using var a = weights.Parameter("a", [5, 7], Initializer.FanIn);
            using var b = weights.Parameter("b", [3], Initializer.Normal(0.02));
            using var c = weights.Parameter("c", [3], Initializer.Uniform(2));
            return [.. a.ToArray<float>(), .. b.ToArray<float>(), .. c.ToArray<float>()];
        }

        var first = Draw(5);
        Generator.Seed(99); // the default generator has no part in it
        Assert.Equal(first, Draw(5));
        Assert.NotEqual(first, Draw(6));
        Assert.All(first[..35], value => Assert.InRange(value, -1 / MathF.Sqrt(7), 1 / MathF.Sqrt(7)));
        Assert.All(first[^3..], value => Assert.InRange(value, -2, 2));
    }

    [Fact]
    public void Outline_HasShapesButNoMemory()
    {
        using var huge = Weights.Outline().Parameter("huge", [1L << 40, 1024], Initializer.Zeros);

        Assert.Equal([1L << 40, 1024], huge.Shape.ToArray());
    }

    private sealed class Checkpoint(params (string Name, long[] Shape)[] tensors) : IWeightSource
    {
        public string Description => "memory.pt";

        public IEnumerable<string> Names => tensors.Select(tensor => tensor.Name);

        public long[]? Shape(string name) => tensors.FirstOrDefault(tensor => tensor.Name == name).Shape;

        public Tensor Read(string name) => Ops.Full(Shape(name)!, 7.0, ScalarType.Float32);
    }
}
