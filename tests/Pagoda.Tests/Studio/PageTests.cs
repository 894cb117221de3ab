namespace Pagoda.Tests.Studio;

/// <summary>The page in Chromium, by the scenarios of tests/studio/page.mjs; each fails on anything that the browser's console complains of.</summary>
[Trait("Host", "programs")]
public sealed class PageTests(StudioFixture fixture, StudioPage page) : IClassFixture<StudioFixture>, IClassFixture<StudioPage>
{
    [StudioScriptTheory("playwright-core", browser: true)]
    [InlineData("paint")]
    [InlineData("restore")]
    [InlineData("cancel")]
    [InlineData("queue")]
    [InlineData("grid")]
    [InlineData("edit")]
    [InlineData("gallery")]
    [InlineData("keyboard")]
    [InlineData("axe")]
    [InlineData("phone")]
    [InlineData("offline")]
    public async Task Page_InABrowser_Does(string scenario)
    {
        var folder = Directory.CreateTempSubdirectory("pagoda-page-");
        await page.PlayAsync(scenario, fixture.Studio.Address, folder.FullName);
        folder.Delete(recursive: true);
    }

    [StudioScriptTheory("playwright-core", browser: true)]
    [InlineData("sesame")]
    public async Task Page_OfAServerWithAKey_AsksForIt(string key)
    {
        await using var studio = await RunningStudio.StartAsync(options => options with { Key = key });
        await page.PlayAsync("key", studio.Address, Path.GetTempPath(), key);
    }
}
