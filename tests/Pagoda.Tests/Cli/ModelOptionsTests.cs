using System.CommandLine;
using Pagoda.Cli;
using Pagoda.Cli.Commands;
using Pagoda.Formats.Images;
using Pagoda.Models.Clip;
using Pagoda.Tests.Formats.Checkpoints;
using Pagoda.Tests.Generation;
using Pagoda.Tests.Models.Clip;

namespace Pagoda.Tests.Cli;

public sealed class ModelOptionsTests
{
    [Theory]
    [InlineData("", null, null)]
    [InlineData("--quick-gelu", null, true)]
    [InlineData("--gelu", null, false)]
    [InlineData("--arch RN50", "RN50", null)]
    public void Of_WhatWasSaid_IsPassedOn(string arguments, string? architecture, bool? quickGelu)
    {
        var options = Of(arguments);
        Assert.Equal((architecture, quickGelu), (options.Architecture, options.QuickGelu));
    }

    [Theory]
    [InlineData("--gelu --quick-gelu", "exclude each other")]
    [InlineData("--arch ViT-B-33", "ViT-B-32")]
    public void Of_Nonsense_IsRefused(string arguments, string expected) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => Of(arguments)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Generate_BareWeights_PaintsOnceItIsTold()
    {
        using var folder = new TemporaryFolder();
        ClipSaver.Save(folder.File("tiny"), SmallClip.Build(SmallClip.ViT), TinyClip.Tokenizer);
        File.Move(folder.File("tiny/tokenizer.json"), folder.File("tokenizer.json"));
        File.Delete(folder.File("tiny/config.json"));
        string[] arguments = ["generate", "a cat", "--model", folder.File("tiny/model.safetensors"), "--tokenizer", folder.File("tokenizer.json"), "--device", "cpu", "--steps", "1", "--out", folder.File("cat.png")];
        var error = new StringWriter();
        Assert.Equal(1, await CommandLine.RunAsync(arguments, TextWriter.Null, error));
        Assert.Contains("--quick-gelu or --gelu", error.ToString(), StringComparison.Ordinal);

        Assert.Equal(0, await CommandLine.RunAsync([.. arguments, "--gelu"], TextWriter.Null, error));
        Assert.Equal(SmallClip.ViT.Vision.ImageSize, PictureFile.Load(folder.File("cat.png")).Width);
    }

    private static ClipLoadOptions Of(string arguments)
    {
        var options = new ModelOptions();
        var command = new RootCommand();
        options.All.ToList().ForEach(command.Add);
        return options.Of(command.Parse(arguments));
    }
}
