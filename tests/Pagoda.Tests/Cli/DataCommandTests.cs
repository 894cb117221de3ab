using Pagoda.Cli;
using Pagoda.Formats.Images;
using Pagoda.Tests.Data;

namespace Pagoda.Tests.Cli;

public sealed class DataCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    [Fact]
    public async Task Compose_FromACache_WritesTheSheetAndItsCaptions()
    {
        DrawnEmoji.Library.SaveCache(_folder.File("emoji.bin"));
        var sheet = _folder.File("sheet.png");
        Assert.Equal(ExitCodes.Success, await Run("data", "compose", _folder.File("emoji.bin"), sheet, "--count", "6", "--size", "16", "--zoom", "1"));
        var picture = PictureFile.Load(sheet);
        Assert.Equal((3 * 18 + 2, 2 * 18 + 2), (picture.Width, picture.Height));
        var captions = _output.ToString();
        Assert.Equal(6, captions.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(ExitCodes.Failure, await Run("data", "compose", _folder.File("emoji.bin"), sheet));
        Assert.Contains("exists already", _error.ToString());
    }

    [Fact]
    public async Task Compose_NoEmoji_SaysSo()
    {
        Assert.Equal(ExitCodes.Failure, await Run("data", "compose", _folder.File("none"), _folder.File("sheet.png")));
        Assert.Contains("emoji-*.tar", _error.ToString());
    }

    [Fact]
    public async Task Compose_NoScenes_IsAUsageError() =>
        Assert.Equal(ExitCodes.Usage, await Run("data", "compose", _folder.File("none"), _folder.File("sheet.png"), "--count", "0"));

    private Task<int> Run(params string[] arguments) => CommandLine.RunAsync(arguments, _output, _error);

    public void Dispose() => _folder.Dispose();
}
