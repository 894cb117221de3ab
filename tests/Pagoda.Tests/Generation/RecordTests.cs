using System.Text.Json.Nodes;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Provenance;
using Pagoda.Generation.Recipes;

namespace Pagoda.Tests.Generation;

public sealed class RecordTests
{
    private static readonly PaintingRecord s_record = new()
    {
        Version = "0.1.0",
        Model = "emoji",
        ModelHash = "0123456789abcdef",
        ModelSource = "emoji",
        Device = "cpu",
        LibTorch = "1.13.0",
        Threads = 2,
        Prompt = "a \"red\" apple: ripe\nand round",
        NegativePrompt = "blurry",
        Seed = ulong.MaxValue,
        Size = 64,
        Recipe = Recipe.Energy with { Steps = 77 },
        Energy = -0.8123456789,
        Scale = 2,
        ScaleFilter = Resampling.Nearest,
        StoppedAfter = 5,
    };

    [Fact]
    public void ToPngTexts_AreReadBackFromTheFile()
    {
        var png = PictureFile.EncodePng(new Picture(1, 1, 3, [1, 2, 3]), s_record.ToPngTexts());

        var read = PaintingRecord.FromPng(png, "x.png");

        Assert.Equal(s_record.ToJson(), read.ToJson());
        Assert.Equal((s_record.Seed, s_record.Energy, s_record.Recipe), (read.Seed, read.Energy, read.Recipe));
    }

    [Fact]
    public void ToParameters_IsTheFormOthersRead()
    {
        Assert.Equal(
            "a \"red\" apple: ripe and round\nNegative prompt: blurry\nSteps: 5, Sampler: energy, Seed: 18446744073709551615, Size: 64x64, Model hash: 0123456789, Model: emoji, Version: pagoda 0.1.0",
            s_record.ToParameters());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("nonsense")]
    [InlineData("{\"format\": 2}")]
    public void FromJson_Damaged_SaysSo(string json)
    {
        Assert.Contains("record", Assert.Throws<GenerationException>(() => PaintingRecord.FromJson(json)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromPng_NoRecord_SaysSo()
    {
        var png = PictureFile.EncodePng(new Picture(1, 1, 3, [1, 2, 3]));

        Assert.Contains("x.png has no record", Assert.Throws<GenerationException>(() => PaintingRecord.FromPng(png, "x.png")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NameWithNumbers_ChangesThem()
    {
        Assert.Equal(Recipe.Energy, RecipeJson.Read("energy"));
        Assert.Equal(
            Recipe.Energy with { Steps = 200, Update = UpdateRule.AdamW, SharedPatchNoise = true },
            RecipeJson.Read(JsonNode.Parse("""{"name": "energy", "steps": 200, "update": "adam-w", "sharedPatchNoise": true}""")!));
    }

    [Theory]
    [InlineData("\"enrgy\"", "did you mean energy")]
    [InlineData("3", "A recipe is a name")]
    [InlineData("""{"steps": 3}""", "A recipe is a name")]
    [InlineData("""{"name": "energy", "stepz": 3}""", "stepz")]
    [InlineData("""{"name": "energy", "steps": "many"}""", "steps")]
    [InlineData("""{"name": "energy", "steps": 0}""", "steps is 0")]
    [InlineData("""{"name": "energy", "views": -1}""", "views is -1")]
    public void Read_NoRecipe_SaysWhy(string json, string part)
    {
        Assert.Contains(part, Assert.Throws<GenerationException>(() => RecipeJson.Read(JsonNode.Parse(json)!)).Message, StringComparison.Ordinal);
    }
}
