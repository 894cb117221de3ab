using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Clip;

public class ClipPresetsTests
{
    // Millions of parameters: all, image tower, text tower (mlfoundations/open_clip: docs/model_profile.csv).
    [Theory]
    [InlineData("ViT-B-32", 151.28, 87.85, 63.43)]
    [InlineData("ViT-B-16", 149.62, null, null)]
    [InlineData("ViT-L-14", 427.62, null, null)]
    [InlineData("ViT-H-14", 986.11, null, null)]
    [InlineData("RN50", 102.01, null, null)]
    [InlineData("convnext_base_w", 179.39, 88.22, 91.16)]
    [InlineData("convnext_large_d", 351.77, 199.77, 152.0)]
    [InlineData("convnext_xxlarge", 1200.58, 846.54, 354.03)]
    public void Get_PublishedArchitecture_HasItsParameters(string name, double all, double? image, double? text)
    {
        var model = new ClipModel(Weights.Outline(), ClipPresets.Get(name));
        var parameters = model.Weights.Parameters;
        double Millions(Func<string, bool> which) =>
            parameters.Where(parameter => which(parameter.Key)).Sum(parameter => parameter.Value.Elements) / 1e6;
        bool IsImage(string parameter) => parameter.StartsWith("visual.", StringComparison.Ordinal);
        Assert.Equal(all, Millions(_ => true), 0.006);
        if (image is { } wantedImage && text is { } wantedText)
        {
            Assert.Equal(wantedImage, Millions(IsImage), 0.006);
            // The profile's rounding of both towers adds up to less than the whole by up to 0.01.
            Assert.Equal(wantedText, Millions(parameter => !IsImage(parameter)), 0.011);
        }
    }

    [Fact]
    public void Get_QuickGeluName_DiffersInNothingElse()
    {
        var quick = ClipPresets.Get("ViT-B-32-quickgelu");
        Assert.True(quick.QuickGelu);
        Assert.Equal(ClipPresets.Get("ViT-B-32"), quick with { QuickGelu = false });
    }

    [Fact]
    public void Get_OpenAisSpelling_IsOpenClipsPlainName()
    {
        Assert.Same(ClipPresets.Get("ViT-B-32"), ClipPresets.Get("ViT-B/32"));
        Assert.False(ClipPresets.Get("ViT-B/32").QuickGelu);
    }

    [Fact]
    public void Get_UnknownName_NamesTheNearest() =>
        Assert.Contains("ViT-B-32", Assert.Throws<ArgumentException>(() => ClipPresets.Get("ViTB-32")).Message);

    [Theory]
    [InlineData("RN50")]
    [InlineData("RN101")]
    [InlineData("ViT-B-32")]
    [InlineData("ViT-B-32-256")]
    [InlineData("ViT-B-16")]
    [InlineData("ViT-L-14-336")]
    [InlineData("ViT-H-14")]
    public void Infer_FromThePresetsShapes_GivesThePreset(string name)
    {
        var preset = ClipPresets.Get(name);
        var model = new ClipModel(Weights.Outline(), preset);
        var inferred = ClipShapes.Infer(new TensorDictionary(model.Weights.StateDict));
        Assert.Equal(preset.Vision.Layers, inferred.Vision.Layers);
        Assert.Equal(preset.Vision.Width, inferred.Vision.Width);
        Assert.Equal(preset.Vision with { Layers = [], Width = [] }, inferred.Vision with { Layers = [], Width = [] });
        Assert.Equal(preset.Text, inferred.Text);
        Assert.Equal(preset.EmbedDim, inferred.EmbedDim);
    }

    [Fact]
    public void Infer_OtherTensors_SaysWhatIsMissing()
    {
        using var scope = new TensorScope();
        var other = new TensorDictionary(new Dictionary<string, Tensor> { ["encoder.weight"] = Ops.Zeros([2, 2]) });
        Assert.Contains("text_projection", Assert.Throws<InvalidDataException>(() => ClipShapes.Infer(other)).Message);
    }
}
