using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Catalogue;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Tests.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Clip;

public sealed class ClipLoaderTests : IDisposable
{
    private static readonly ClipTokenizer Tokenizer = BpeTrainer.Train(["a red cat", "a blue house", "two green trees"], 600);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_WhatWasSaved_GivesTheSameFeatures()
    {
        using var scope = new TensorScope();
        foreach (var config in new[] { SmallClip.ViT, SmallClip.ConvNeXt, SmallClip.ResNet, SmallClip.Residual with { QuickGelu = true } })
        {
            var model = Save(config);
            using var loaded = ClipLoader.Load(_folder.Path, Device.Cpu);
            AssertSameFeatures(model, loaded.Model);
            Assert.Equal(64, loaded.Hash.Length);
            Assert.Equal(Path.GetFileName(_folder.Path), loaded.Name);
            Assert.Equal([3, config.EmbedDim], loaded.EncodeText("a cat", "a tree", "").Shape.ToArray());
        }
    }

    [Fact]
    public void Load_TheFileInItsFolder_IsTheSameModel()
    {
        using var scope = new TensorScope();
        var model = Save(SmallClip.ViT);
        using var loaded = ClipLoader.Load(_folder.File("model.safetensors"), Device.Cpu);
        AssertSameFeatures(model, loaded.Model);
    }

    [Fact]
    public void Save_Half_IsNearAndKeepsTheScale()
    {
        using var scope = new TensorScope();
        var model = Save(SmallClip.ViT, ScalarType.Float16);
        using var loaded = ClipLoader.Load(_folder.Path, Device.Cpu);
        Assert.Equal(model.LogitScale.ToDouble(), loaded.Model.LogitScale.ToDouble());
        var images = SmallClip.Images(model.Config);
        Assert.InRange((model.EncodeImage(images) - loaded.Model.EncodeImage(images)).Abs().Max().ToDouble(), 1e-9, 1e-2);
    }

    [Fact]
    public void Save_Average_IsWrittenInPlaceOfTheWeights()
    {
        using var scope = new TensorScope();
        var average = new Dictionary<string, Tensor> { ["visual.proj"] = Ops.Zeros([64, 16]) };
        ClipSaver.Save(_folder.Path, SmallClip.Build(SmallClip.ViT), Tokenizer, average: average);
        using var loaded = ClipLoader.Load(_folder.Path, Device.Cpu);
        Assert.True(loaded.Model.Weights.StateDict["visual.proj"].Equal(average["visual.proj"]));
    }

    [Fact]
    public void Load_ForTraining_MayBeWrittenTo()
    {
        using var scope = new TensorScope();
        Save(SmallClip.ViT);
        var before = File.ReadAllBytes(_folder.File("model.safetensors"));
        using var loaded = ClipLoader.Load(_folder.Path, Device.Cpu, new ClipLoadOptions { ForTraining = true });
        foreach (var tensor in loaded.Model.Weights.StateDict.Values)
        {
            tensor.Zero_();
        }

        Assert.Equal(before, File.ReadAllBytes(_folder.File("model.safetensors")));
    }

    [Fact]
    public void Load_AnotherImageSize_ResizesPositions()
    {
        using var scope = new TensorScope();
        var model = SmallClip.Build(SmallClip.ViT);
        // Positions that rise linearly keep doing so away from the edges, whatever the size of the grid.
        var ramp = Ops.Arange(4, ScalarType.Float32).View([1, 4]).Expand([4, 4]).Reshape([16, 1]).Expand([16, 64]);
        model.Weights.StateDict["visual.positional_embedding"].Narrow(0, 1, 16).Copy_(ramp);
        ClipSaver.Save(_folder.Path, model, Tokenizer);
        using var loaded = ClipLoader.Load(_folder.Path, Device.Cpu, new ClipLoadOptions { ImageSize = 64 });
        var positions = loaded.Model.Weights.StateDict["visual.positional_embedding"];
        Assert.Equal([65, 64], positions.Shape.ToArray());
        Assert.True(positions.Select(0, 0).Equal(model.Weights.StateDict["visual.positional_embedding"].Select(0, 0)));
        var grid = positions.Narrow(0, 1, 64).View([8, 8, 64]);
        Assert.Equal(0.5, (grid.Select(1, 4) - grid.Select(1, 3)).Mean().ToDouble(), 0.02);
        Assert.Equal(0.0, (grid.Select(0, 4) - grid.Select(0, 3)).Abs().Max().ToDouble(), 1e-5);
        Assert.Equal([1, 16], loaded.Model.EncodeImage(Ops.Rand([1, 3, 64, 64])).Shape.ToArray());
    }

    [Fact]
    public void Load_ImageSizeThatDoesNotFit_SaysWhichDo()
    {
        Save(SmallClip.ViT);
        var error = Assert.Throws<ArgumentException>(() => ClipLoader.Load(_folder.Path, Device.Cpu, new ClipLoadOptions { ImageSize = 30 }));
        Assert.Contains("multiple of 8", error.Message);
    }

    [Fact]
    public void Load_NothingSaysWhichGelu_Refuses()
    {
        using var scope = new TensorScope();
        Save(SmallClip.ViT with { Text = SmallClip.ViT.Text with { Heads = 1 }, Vision = SmallClip.ViT.Vision with { HeadWidth = 64 } });
        File.Delete(_folder.File("config.json"));
        var error = Assert.Throws<InvalidDataException>(() => ClipLoader.Load(_folder.Path, Device.Cpu));
        Assert.Contains("--quick-gelu or --gelu", error.Message);
        using var loaded = ClipLoader.Load(_folder.Path, Device.Cpu, new ClipLoadOptions { QuickGelu = true });
        Assert.True(loaded.Model.Config.QuickGelu);
    }

    [Fact]
    public void Load_AnotherArchitecture_NamesTheTensor()
    {
        Save(SmallClip.ViT);
        var error = Assert.Throws<InvalidDataException>(() => ClipLoader.Load(_folder.Path, Device.Cpu, new ClipLoadOptions { Architecture = "ViT-B-32" }));
        Assert.Contains("visual.conv1.weight has shape [64, 3, 8, 8], the model needs [768, 3, 32, 32]", error.Message);
    }

    [Fact]
    public void Load_NoSuchName_SaysHowToGetIt()
    {
        Assert.Contains("models pull clipag-vit-b-32", Assert.Throws<FileNotFoundException>(() => Find("CLIPAG")).Message);
        Assert.Contains("clipag-vit-b-32", Assert.Throws<FileNotFoundException>(() => Find("ViT-B-32")).Message);
        Assert.Contains("did you mean", Assert.Throws<FileNotFoundException>(() => Find("clipag-vit-b-23")).Message);
        Assert.Contains("no file, folder or model", Assert.Throws<FileNotFoundException>(() => Find("./nowhere/at/all.pt")).Message);
    }

    [Fact]
    public void Load_PulledFile_IsFoundByItsName()
    {
        var entry = ModelCatalogue.Default.Get("clipag");
        var file = new ModelCache(_folder.Path).PathOf(entry, entry.Urls[0]);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "");
        Assert.Equal(new ModelLocation(file, "clipag-vit-b-32", entry), Find("CLIPAG"));
    }

    [Theory]
    [InlineData("TorchScript", "F32", "F32", "ViT-B-32", true)]
    [InlineData("torch.save", "F32", "F32", "ViT-B-32", false)]
    [InlineData("torch.save", "F32", "F32", "ViT-B-32-quickgelu", true)]
    [InlineData("torch.save", "F16", "F32", "ViT-B-32", null)]
    [InlineData("torch.save", "F16", "F16", "ViT-B-32", false)]
    [InlineData("TorchScript", "F32", "F32", null, true)]
    [InlineData("torch.save", "F16", "F32", null, true)]
    [InlineData("torch.save", "F16", "F16", null, null)]
    [InlineData("torch.save", "F32", "F32", null, null)]
    public void ClipActivation_WhatIsKnown_Decides(string format, string matrix, string norm, string? architecture, bool? expected)
    {
        var archive = new EntriesOnly(format, new()
        {
            ["text_projection"] = new(matrix == "F16" ? ScalarType.Float16 : ScalarType.Float32, [512, 512]),
            ["ln_final.weight"] = new(norm == "F16" ? ScalarType.Float16 : ScalarType.Float32, [512]),
        });
        using var weights = new Pagoda.Models.ArchiveWeights(archive);
        Assert.Equal(expected, architecture is null
            ? ClipActivation.OfCheckpoint(archive, weights)
            : ClipActivation.OfArchitecture(ClipPresets.Get(architecture), archive, weights));
    }

    private ModelLocation Find(string name) => ModelLocation.Find(name, "clip", ModelCatalogue.Default, new ModelCache(_folder.Path));

    private ClipModel Save(ClipConfig config, ScalarType type = ScalarType.Float32)
    {
        var model = SmallClip.Build(config);
        ClipSaver.Save(_folder.Path, model, Tokenizer, type);
        return model;
    }

    private static void AssertSameFeatures(ClipModel expected, ClipModel actual)
    {
        var images = SmallClip.Images(expected.Config);
        var tokens = SmallClip.Tokens(expected.Config);
        Assert.True(expected.EncodeImage(images).Equal(actual.EncodeImage(images)));
        Assert.True(expected.EncodeText(tokens).Equal(actual.EncodeText(tokens)));
    }

    private sealed class EntriesOnly(string format, Dictionary<string, TensorEntry> entries) : ITensorArchive
    {
        public string Path => "test.pt";

        public IReadOnlyDictionary<string, TensorEntry> Entries => entries;

        public IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string> { ["format"] = format };

        public void Read(string name, Span<byte> destination) => throw new NotSupportedException();

        public nint Pointer(string name) => 0;

        public void Dispose()
        {
        }
    }
}
