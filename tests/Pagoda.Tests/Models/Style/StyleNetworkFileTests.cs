using Pagoda.Models.Style;
using Pagoda.Tests.Data;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Style;

public sealed class StyleNetworkFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("style.safetensors");

    public void Dispose() => _folder.Dispose();

    internal static StyleNetwork Network() => new(Weights.Initialize(1, Device.Cpu), width: 4, blocks: 1);

    /// <summary>A network that changes pictures, as one does after training: a fresh one does not.</summary>
    internal static StyleNetwork Trained()
    {
        using var unowned = TensorScope.Unowned();
        using var generator = new Generator(2);
        using var frozen = GradMode.Disable();
        var network = Network();
        foreach (var parameter in network.Weights.Parameters.Values)
        {
            using var scope = new TensorScope();
            parameter.Copy_(parameter + (Ops.Randn(parameter.Shape, generator) * 0.3));
        }

        return network;
    }

    [Fact]
    public void Forward_Fresh_IsTheIdentityButForBlackAndWhite()
    {
        using var scope = new TensorScope();
        var picture = Tensor.From([.. Enumerable.Range(0, 48).Select(i => i / 47f)], 1, 3, 4, 4);

        var styled = Network().Forward(picture).ToArray<float>();

        Assert.Equal(picture.Clamp(0.02, 0.98).ToArray<float>(), styled, (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public void Forward_Trained_StaysInRange()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(5);

        var styled = Trained().Forward(Ops.Rand([2, 3, 16, 8], generator));

        Assert.Equal([2, 3, 16, 8], styled.Shape.ToArray());
        Assert.All(styled.ToArray<float>(), value => Assert.InRange(value, 0f, 1f));
    }

    [Fact]
    public void Save_Load_IsTheSameNetwork()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(5);
        var (network, picture) = (Trained(), Ops.Rand([1, 3, 8, 8], generator));

        StyleNetworkFile.Save(Path, network, "night sky");
        var (loaded, style) = StyleNetworkFile.Load(Path, Device.Cpu);

        Assert.Equal(("night sky", 4, 1), (style, loaded.Width, loaded.Blocks));
        Assert.Equal(network.Forward(picture).ToArray<float>(), loaded.Forward(picture).ToArray<float>());
    }

    [Fact]
    public void Save_FileThatIsThere_IsReplacedOnlyWhenAsked()
    {
        _folder.Write("style.safetensors", "mine");

        Assert.ThrowsAny<IOException>(() => StyleNetworkFile.Save(Path, Network(), "ice"));
        Assert.Equal("mine", File.ReadAllText(Path));
        StyleNetworkFile.Save(Path, Network(), "ice", overwrite: true);
        Assert.Equal("ice", StyleNetworkFile.Load(Path, Device.Cpu).Style);
        Assert.Equal([Path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Load_AnotherFile_SaysWhatWritesSuch()
    {
        var other = System.IO.Path.Combine(SharedFolder.RepositoryRoot, "models", "emoji", "modality.safetensors");

        var problem = Assert.Throws<InvalidDataException>(() => StyleNetworkFile.Load(other, Device.Cpu));

        Assert.Contains("holds no style network", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TruncatedAtAnyPlace_Throws()
    {
        StyleNetworkFile.Save(Path, Network(), "ice");
        var bytes = File.ReadAllBytes(Path);
        for (var length = 0; length < bytes.Length; length += 1 + (bytes.Length / 50))
        {
            var cut = _folder.Write("cut.safetensors", bytes[..length]);
            Assert.ThrowsAny<Exception>(() => StyleNetworkFile.Load(cut, Device.Cpu));
        }
    }
}
