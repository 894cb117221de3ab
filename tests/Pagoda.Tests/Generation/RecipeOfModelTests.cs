using System.Text.Json.Nodes;
using Pagoda.Generation.Recipes;
using Pagoda.Models.Clip;
using Pagoda.Tests.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation;

public sealed class RecipeOfModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Model => _folder.File("tiny");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("clip-jem", "energy")]
    [InlineData("clipjem", "energy")]
    [InlineData("energy", "energy")]
    [InlineData("clipag", "clipag")]
    [InlineData("contrastive", null)]
    [InlineData(null, null)]
    public void OfModel_SavedByTraining_SuitsTheMethod(string? method, string? expected)
    {
        ClipSaver.Save(Model, TinyClip.Model(), TinyClip.Tokenizer, trainedBy: method);
        Assert.Equal(expected, RecipeJson.OfModel(Model)?.Name);
        using var loaded = ClipLoader.Load(Model, Device.Cpu);
        Assert.Equal(TinyClip.Size, loaded.Model.Config.Vision.ImageSize);
    }

    [Fact]
    public void Save_OverAModelThatNamesARecipe_KeepsIt()
    {
        ClipSaver.Save(Model, TinyClip.Model(), TinyClip.Tokenizer, trainedBy: "clipag");
        RecipeJson.SetOfModel(Model, JsonNode.Parse("""{"name": "energy", "steps": 7}""")!);
        ClipSaver.Save(Model, TinyClip.Model(2), TinyClip.Tokenizer, trainedBy: "clipag");
        var recipe = RecipeJson.OfModel(Model)!;
        Assert.Equal(("energy", 7), (recipe.Name, recipe.Steps));
    }
}
