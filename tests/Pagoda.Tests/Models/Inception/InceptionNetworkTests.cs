using Pagoda.Formats.Checkpoints;
using Pagoda.Formats.Images;
using Pagoda.Formats.Npz;
using Pagoda.Models.Inception;
using Pagoda.Tests.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Inception;

/// <summary>What the network computes is held against pytorch-fid's outputs by the fixtures (FixtureFolderTests).</summary>
public sealed class InceptionNetworkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Network_Published_HasItsParametersAndNames()
    {
        var weights = Weights.Outline();
        var network = new InceptionNetwork(weights);
        Assert.Equal(2048, network.Width);
        // torchvision's 27,161,264 without the auxiliary classifier's 3,326,696 (its fc of 1000 classes), and 8 classes more.
        Assert.Equal(27_161_264 - 3_326_696 + (8 * 2049), weights.Parameters.Values.Sum(parameter => parameter.Elements));
        Assert.Equal([1008, 2048], weights.Parameters["fc.weight"].Shape.ToArray());
        Assert.Equal([192, 160, 7, 1], weights.Parameters["Mixed_6c.branch7x7_3.conv.weight"].Shape.ToArray());
        Assert.Equal(94 * 5, weights.StateDict.Count - 2);
    }

    [SharedFact("parity", "fid_inception_reduced.safetensors")]
    public void Load_WithAClassifier_GivesFeaturesAndLogits()
    {
        using var scope = new TensorScope();
        using var loaded = InceptionLoader.Load(Reduced(classes: 12), Device.Cpu);
        var x = InceptionInput.PytorchFid(Ops.Full([2, 3, 40, 50], 0.25, ScalarType.Float32));
        Assert.Equal([2, 3, 299, 299], x.Shape.ToArray());
        Assert.Equal([-0.5f], x.ToArray<float>().Distinct());
        var features = loaded.Network.Features(x);
        Assert.Equal([2, 256], features.Shape.ToArray());
        Assert.Equal([2, 24], loaded.Network.Features(x, InceptionLayer.SecondPool).Shape.ToArray());
        Assert.Single(loaded.Network.Maps(x, InceptionLayer.FirstPool));
        var difference = loaded.Network.Logits(features, bias: true) - loaded.Network.Logits(features);
        Assert.Equal([2, 12], difference.Shape.ToArray());
        Assert.InRange((difference - 3).Abs().Max().ToDouble(), 0, 1e-5);
        Assert.Equal(64, loaded.Hash.Length);
    }

    [SharedFact("parity", "fid_inception_reduced.safetensors")]
    public void Load_OfAnotherKind_IsRefused()
    {
        Assert.Contains("torchvision", Assert.Throws<InvalidDataException>(() => InceptionLoader.Load(Reduced(classes: 1000), Device.Cpu)).Message, StringComparison.Ordinal);
        var other = _folder.File("other.safetensors");
        SafetensorsWriter.Write(other, [new TensorToWrite("x", ScalarType.Float32, [1], new byte[4])]);
        Assert.Contains("no Inception-v3", Assert.Throws<InvalidDataException>(() => InceptionLoader.Load(other, Device.Cpu)).Message, StringComparison.Ordinal);
        using var bare = InceptionLoader.Load(Reduced(classes: null), Device.Cpu);
        Assert.Throws<InvalidOperationException>(() => bare.Network.Logits(Ops.Zeros([1, 256], ScalarType.Float32)));
    }

    [Theory]
    [InlineData("wide")]
    [InlineData("small")]
    public void CleanFid_IsPillowOnFloats(string name)
    {
        using var scope = new TensorScope();
        using var file = NpzFile.Open(Sample($"{name}.clean.npz"));
        var expected = file.Read("planes");
        var x = InceptionInput.CleanFid(PictureFile.Load(Sample($"{name}.png")));
        Assert.Equal([1, 3, 299, 299], x.Shape.ToArray());
        var planes = ((x * 128) + 128).Select(0, 0).Slice(1, 0, null, 13).Slice(2, 0, null, 11);
        Assert.Equal(expected.Shape.ToArray(), planes.Shape.ToArray());
        Assert.InRange((planes - expected).Abs().Max().ToDouble(), 0, 5e-5);
        // Not rounded to whole numbers, as resizing a picture of bytes would be.
        Assert.True((expected - expected.Round()).Abs().Max().ToDouble() > 0.4);
    }

    [Fact]
    public void Input_NoPictures_IsRefused()
    {
        using var scope = new TensorScope();
        Assert.Throws<ArgumentException>(() => InceptionInput.PytorchFid(Ops.Zeros([1, 1, 8, 8], ScalarType.Float32)));
        Assert.Throws<ArgumentException>(() => InceptionInput.CleanFid([]));
    }

    internal static string Sample(string name) => Path.Combine(SharedFolder.RepositoryRoot, "tests", "Pagoda.Tests", "Models", "Inception", "Samples", name);

    /// <summary>The fixture's small network as a checkpoint, with a classifier of all ones and a bias of 3.</summary>
    private string Reduced(int? classes)
    {
        var path = _folder.File($"inception-{classes}.safetensors");
        using var archive = SafetensorsFile.Open(SharedFolder.File("parity", "fid_inception_reduced.safetensors"));
        var tensors = archive.Entries.Where(entry => !entry.Key.StartsWith("fixture.", StringComparison.Ordinal))
            .Select(entry => new TensorToWrite(entry.Key, entry.Value.Type, entry.Value.Shape, archive.ReadBytes(entry.Key))).ToList();
        if (classes is { } count)
        {
            using var scope = new TensorScope();
            tensors.Add(new TensorToWrite("fc.weight", ScalarType.Float32, [count, 256], Ops.Ones([count, 256], ScalarType.Float32).ToBytes()));
            tensors.Add(new TensorToWrite("fc.bias", ScalarType.Float32, [count], Ops.Full([count], 3, ScalarType.Float32).ToBytes()));
        }

        SafetensorsWriter.Write(path, tensors);
        return path;
    }
}
