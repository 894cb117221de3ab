using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Pagoda.Models.Catalogue;

namespace Pagoda.Tests.Models.Catalogue;

public sealed partial class ModelCatalogueTests
{
    [Fact]
    public void Default_EveryEntry_IsWellFormed()
    {
        Assert.All(ModelCatalogue.Default.Entries, entry =>
        {
            Assert.Matches("^[a-z0-9][a-z0-9-]*$", entry.Name);
            Assert.NotEmpty(entry.Urls);
            Assert.All(entry.Urls, url => Assert.Equal("https", url.Scheme));
            Assert.True(entry.Sha256 is null || Sha256Pattern().IsMatch(entry.Sha256), entry.Name);
            Assert.True(entry.Kind is "vqgan" or "gpt" or "diffusion" or "metric" or "tokenizer" || entry is { Kind: "clip", Activation: "gelu" or "quickgelu", Architecture: not null }, entry.Name);
            Assert.All(entry.Urls, url => Assert.DoesNotContain('/', entry.FileName(url)));
        });
    }

    [Fact]
    public void Default_OpenAi_HashIsTheOneInTheAddressAndActivationIsQuickGelu()
    {
        var entries = ModelCatalogue.Default.Entries.Where(entry => entry.Name.StartsWith("openai-", StringComparison.Ordinal)).ToList();
        Assert.Equal(6, entries.Count);
        Assert.All(entries, entry =>
        {
            Assert.Contains($"/{entry.Sha256}/", entry.Urls[0].AbsolutePath, StringComparison.Ordinal);
            Assert.Equal("quickgelu", entry.Activation);
        });
    }

    [Theory]
    [InlineData("CLIPAG", "clipag-vit-b-32")]
    [InlineData("vit-b/32", "openai-vit-b-32")]
    [InlineData("ViT-B-32:laion2b_s34b_b79k", "laion2b-vit-b-32")]
    public void Get_NameOrAlias_FindsWhateverTheCase(string name, string expected) =>
        Assert.Equal(expected, ModelCatalogue.Default.Get(name).Name);

    [Fact]
    public void Get_Misspelt_NamesTheNearest()
    {
        var error = Assert.Throws<KeyNotFoundException>(() => ModelCatalogue.Default.Get("clipga-vit-b-32"));
        Assert.Contains("did you mean 'clipag-vit-b-32'?", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[{"name":"a"}]""")]
    [InlineData("""[{"name":"a","kind":"clip","what":"","format":"","source":"https://a","urls":[],"sha":"1"}]""")]
    [InlineData("{}")]
    public void Read_NotACatalogue_Throws(string json) =>
        Assert.Throws<JsonException>(() => ModelCatalogue.Read(new MemoryStream(Encoding.UTF8.GetBytes(json))));

    [Fact]
    public void Constructor_SharedAlias_Throws()
    {
        var entries = ModelCatalogue.Default.Entries;
        var error = Assert.Throws<ArgumentException>(() => new ModelCatalogue([.. entries, entries[0] with { Name = "other" }]));
        Assert.Contains("twice", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--sede", "--seed")]
    [InlineData("--ste", "--steps")]
    [InlineData("--zzzz", null)]
    [InlineData("modles", "models")]
    public void Nearest_Typed_FindsWhatWasMeant(string typed, string? expected) =>
        Assert.Equal(expected, Spelling.Nearest(typed, ["--seed", "--steps", "models", "doctor"]));

    [GeneratedRegex("^[0-9a-f]{64}$")]
    private static partial Regex Sha256Pattern();
}
