using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Catalogue;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Catalogue;

public sealed class ArchitectureSketchTests
{
    private static Dictionary<string, TensorEntry> Entries(params (string Name, long[] Shape)[] tensors) =>
        tensors.ToDictionary(tensor => tensor.Name, tensor => new TensorEntry(ScalarType.Float32, tensor.Shape));

    [Fact]
    public void Describe_VitB32_NamesPatchWidthLayersAndPixels()
    {
        var entries = Entries(
            ("visual.conv1.weight", [768, 3, 32, 32]),
            ("visual.class_embedding", [768]),
            ("visual.positional_embedding", [50, 768]),
            ("visual.transformer.resblocks.0.ln_1.weight", [768]),
            ("visual.transformer.resblocks.11.ln_1.weight", [768]),
            ("token_embedding.weight", [49408, 512]),
            ("transformer.resblocks.0.ln_1.weight", [512]),
            ("text_projection", [512, 512]));
        Assert.Equal("CLIP ViT-32, width 768, 2 layers, 224 pixels; text width 512, 1 layers; embedding 512", ArchitectureSketch.Describe(entries));
    }

    [Fact]
    public void Describe_OtherNetworks_SaysWhich()
    {
        Assert.Equal("VQGAN, 1024 codes of 256 numbers", ArchitectureSketch.Describe(Entries(("quantize.embedding.weight", [1024, 256]))));
        Assert.Equal("GPT, 16384 tokens, width 1024, 2 layers", ArchitectureSketch.Describe(Entries(("tok_emb.weight", [16384, 1024]), ("blocks.0.ln1.weight", [1]), ("blocks.1.ln1.weight", [1]))));
        Assert.StartsWith("CLIP ConvNeXt, width 128, 1-0-0-0 blocks", ArchitectureSketch.Describe(Entries(("visual.trunk.stem.0.weight", [128, 3, 4, 4]), ("visual.trunk.stages.0.blocks.0.gamma", [128]))), StringComparison.Ordinal);
        Assert.Null(ArchitectureSketch.Describe(Entries(("something", [1]))));
    }

    [SharedFact("parity", "clip_openai_rn.safetensors")]
    public void Describe_ParityModel_IsAResNet()
    {
        using var archive = CheckpointFile.Open(SharedFolder.File("parity", "clip_openai_rn.safetensors"));
        var weights = archive.Entries.Where(pair => pair.Key.Contains("visual.", StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key[pair.Key.IndexOf("visual.", StringComparison.Ordinal)..], pair => pair.Value);
        Assert.StartsWith("CLIP ResNet", ArchitectureSketch.Describe(weights), StringComparison.Ordinal);
    }
}
