using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation;

/// <summary>A file of outputs of the reference implementation, and the comparison with them.</summary>
internal sealed class Fixture(string name) : IDisposable
{
    private readonly SafetensorsFile _file = SafetensorsFile.Open(SharedFolder.File("parity", name));

    public Tensor Input(string name) => Read($"fixture.input.{name}");

    public Tensor Read(string name)
    {
        var entry = _file.Entries[name];
        return Tensor.FromBytes(_file.ReadBytes(name), entry.Type, entry.Shape);
    }

    public void AssertClose(string name, Tensor actual, double tolerance = 1e-4)
    {
        var expected = Read($"fixture.{name}");
        var scale = Math.Max(expected.Abs().Max().ToDouble(), 1e-12);
        var error = (actual.Reshape(expected.Shape) - expected).Abs().Max().ToDouble() / scale;
        Assert.True(error <= tolerance, $"{name} is off by {error:E2} of its largest value");
    }

    public void AssertNear(string name, Tensor actual, double tolerance)
    {
        var error = (actual - Read($"fixture.{name}")).Abs().Max().ToDouble();
        Assert.True(error <= tolerance, $"{name} is off by {error:E2}");
    }

    public void Dispose() => _file.Dispose();
}
