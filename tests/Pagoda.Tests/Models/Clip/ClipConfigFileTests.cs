using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Configs;
using Pagoda.Tests.Formats.Checkpoints;

namespace Pagoda.Tests.Models.Clip;

public sealed class ClipConfigFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Presets => [.. ClipPresets.Names];

    [Theory]
    [MemberData(nameof(Presets))]
    public void Write_Preset_ReadsBackEqual(string name) => AssertReadsBack(ClipPresets.Get(name));

    [Fact]
    public void Write_EveryFamily_ReadsBackEqual()
    {
        foreach (var config in new[] { SmallClip.ViT, SmallClip.ConvNeXt, SmallClip.ResNet, SmallClip.Residual, ClipPresets.Get("ViT-B-32-quickgelu") })
        {
            AssertReadsBack(config);
        }
    }

    [Fact]
    public void Read_OpenClipsFile_TakesModelAndPictures()
    {
        var config = Read("""
            {"model_cfg": {"embed_dim": 640,
              "vision_cfg": {"timm_model_name": "convnext_base", "timm_model_pretrained": false, "timm_pool": "", "timm_proj": "linear",
                             "timm_drop": 0.0, "timm_drop_path": 0.1, "image_size": 256},
              "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 640, "heads": 10, "layers": 12}},
             "preprocess_cfg": {"mean": [0.5, 0.25, 0.5], "std": [0.5, 0.5, 0.125]}}
            """);
        AssertSame(ClipPresets.Get("convnext_base_w") with { Mean = [0.5, 0.25, 0.5], Std = [0.5, 0.5, 0.125] }, config);
    }

    [Fact]
    public void Read_HuggingFaceWithoutAnything_TakesTheClassesDefaults() =>
        AssertSame(ClipPresets.Get("ViT-B-32-quickgelu"), Read("""{"model_type": "clip", "text_config": {}, "vision_config": {}}"""));

    [Fact]
    public void Read_HuggingFaceLarge_TakesWhatItSays()
    {
        File.WriteAllText(_folder.File("preprocessor_config.json"), """{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}""");
        var config = Read("""
            {"projection_dim": 1024,
             "text_config": {"hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16, "num_hidden_layers": 12, "hidden_act": "gelu"},
             "text_config_dict": {"num_hidden_layers": 24},
             "vision_config": {"hidden_size": 1280, "intermediate_size": 5120, "num_attention_heads": 16, "num_hidden_layers": 32, "patch_size": 14, "hidden_act": "gelu"}}
            """);
        AssertSame(ClipPresets.Get("ViT-H-14") with { Mean = [0.5, 0.5, 0.5], Std = [0.5, 0.5, 0.5] }, config);
    }

    [Theory]
    [InlineData("{", "not valid JSON")]
    [InlineData("[]", "not an object")]
    [InlineData("""{"hidden_size": 1}""", "neither vision_cfg")]
    [InlineData("""{"embed_dim": 8, "vision_cfg": {}}""", "text_cfg is missing")]
    [InlineData("""{"embed_dim": "8", "vision_cfg": {}, "text_cfg": {}}""", "embed_dim is \"8\"")]
    [InlineData("""{"embed_dim": 8, "vision_cfg": {"image_size": [224, 448]}, "text_cfg": {}}""", "squares")]
    [InlineData("""{"embed_dim": 8, "vision_cfg": {"attentional_pool": true}, "text_cfg": {}}""", "attentional_pool is true")]
    [InlineData("""{"embed_dim": 8, "vision_cfg": {"timm_model_name": "vit_base"}, "text_cfg": {}}""", "timm_model_name is vit_base")]
    [InlineData("""{"embed_dim": 8, "vision_cfg": {"timm_model_name": "convnext_base", "timm_pool": "rot_attn"}, "text_cfg": {}}""", "timm_pool is rot_attn")]
    [InlineData("""{"embed_dim": 8, "vision_cfg": {"residual_layers": [1], "residual_width": [8, 16]}, "text_cfg": {}}""", "each stage")]
    [InlineData("""{"embed_dim": 8, "vision_cfg": {}, "text_cfg": {"hf_model_name": "roberta-base"}}""", "hf_model_name")]
    [InlineData("""{"text_config": {"hidden_act": "relu"}, "vision_config": {}}""", "hidden_act is relu")]
    [InlineData("""{"text_config": {"hidden_act": "gelu"}, "vision_config": {}}""", "differ")]
    public void Read_WhatItCannotBuild_SaysWhereAndWhy(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => Read(json)).Message);

    private ClipConfig Read(string json)
    {
        File.WriteAllText(_folder.File("config.json"), json);
        return ClipConfigFile.Read(_folder.File("config.json"));
    }

    private void AssertReadsBack(ClipConfig config)
    {
        ClipConfigFile.Write(_folder.File("config.json"), config);
        AssertSame(config, ClipConfigFile.Read(_folder.File("config.json")));
    }

    /// <summary>Records compare lists by reference: these are compared apart.</summary>
    private static void AssertSame(ClipConfig expected, ClipConfig actual)
    {
        Assert.Equal(expected.Vision.Layers, actual.Vision.Layers);
        Assert.Equal(expected.Vision.Width, actual.Vision.Width);
        Assert.Equal(expected.Mean, actual.Mean);
        Assert.Equal(expected.Std, actual.Std);
        var vision = expected.Vision with { Layers = actual.Vision.Layers, Width = actual.Vision.Width };
        Assert.Equal(expected with { Vision = vision, Mean = actual.Mean, Std = actual.Std }, actual);
    }
}
