using Pagoda.Cli;
using Pagoda.Formats.Checkpoints;
using Pagoda.Formats.Images;
using Pagoda.Models.Vqgan;
using Pagoda.Tests.Data;
using Pagoda.Tests.Generation;
using Pagoda.Tests.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Tests.Cli;

[Trait("Host", "small")]
public sealed class VqganCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public VqganCommandTests()
    {
        VqganSaver.Save(Model, SmallVqgan.Build());
        foreach (var (name, width, height) in new[] { ("a.png", 20, 30), ("b.png", 16, 16), ("c.png", 40, 18) })
        {
            PictureFile.Save(Path.Combine(Pictures, name), PictureFile.EncodePng(Drawn(width, height)));
        }
    }

    private string Model => _folder.File("model");

    private string Pictures => _folder.File("pictures");

    private string Tokens => _folder.File("tokens.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task EncodeThenDecode_WritesTheReconstructionOfEachPicture()
    {
        Assert.Equal(ExitCodes.Success, await Run("encode", Pictures, "--out", Tokens, "--batch", "2"));
        Assert.Contains("3 pictures as 4 x 4 tokens", _output.ToString());
        var file = TokenFile.Read(Tokens);
        Assert.Equal(["a.png", "b.png", "c.png"], file.Names);
        Assert.Equal((3 * 16, 32, 4), (file.Tokens.Count, file.CodebookSize, file.Factor));
        Assert.Equal(ExitCodes.Success, await Run("decode", Tokens, "--out", _folder.File("decoded")));
        Assert.Equal(ExitCodes.Success, await Run("reconstruct", Pictures, "--out", _folder.File("seen")));
        foreach (var name in file.Names)
        {
            var (decoded, seen) = (PictureFile.Load(_folder.File($"decoded/{name}")), PictureFile.Load(_folder.File($"seen/{name}")));
            Assert.Equal((16, 16, 32, 16), (decoded.Width, decoded.Height, seen.Width, seen.Height));
            Assert.Equal(decoded.ToRgb().Pixels, seen.Crop(16, 0, 16, 16).ToRgb().Pixels);
        }
    }

    [Fact]
    public async Task Reconstruct_KeepSize_CutsToMultiplesAndReportsEach()
    {
        Assert.Equal(ExitCodes.Success, await Run("reconstruct", Pictures, "--keep-size", "--out", _folder.File("seen"), "--json"));
        var report = System.Text.Json.JsonDocument.Parse(_output.ToString()).RootElement;
        var rows = report.GetProperty("pictures").EnumerateArray().ToDictionary(row => row.GetProperty("file").GetString()!, row => (row.GetProperty("width").GetInt32(), row.GetProperty("height").GetInt32()));
        Assert.Equal((20, 28), rows["a.png"]);
        Assert.Equal((40, 16), rows["c.png"]);
        Assert.InRange(report.GetProperty("meanPsnr").GetDouble(), 1, 40);
        Assert.InRange(report.GetProperty("codesUsed").GetInt32(), 1, 32);
        Assert.Equal(28, PictureFile.Load(_folder.File("seen/a.png")).Height);
    }

    [Fact]
    public async Task Encode_PicturesOfTwoSizes_NamesThem()
    {
        Assert.Equal(ExitCodes.Failure, await Run("encode", Pictures, "--keep-size", "--out", Tokens));
        Assert.Contains("one file holds grids of one size", _error.ToString());
        Assert.False(File.Exists(Tokens));
    }

    [Fact]
    public async Task Encode_APictureOfThreePixels_IsRefused()
    {
        PictureFile.Save(_folder.File("dot.png"), PictureFile.EncodePng(Drawn(3, 1)));
        Assert.Equal(ExitCodes.Failure, await Run("encode", _folder.File("dot.png"), "--out", Tokens));
        AssertOneSentence("is 3 x 1 pixels, smaller than one token of this model, which is 4 x 4");
    }

    [Fact]
    public async Task Decode_TokensOfAnotherModel_AreRefused()
    {
        await Run("encode", Pictures, "--out", Tokens);
        VqganSaver.Save(Model, SmallVqgan.Build(seed: 2));
        Assert.Equal(ExitCodes.Failure, await Run("decode", Tokens, "--out", _folder.File("decoded")));
        AssertOneSentence("has tokens of another model");
        Assert.False(Directory.Exists(_folder.File("decoded")));
    }

    [Fact]
    public async Task Decode_TokensOfAnotherCodebookSize_AreRefused()
    {
        await Run("encode", Pictures, "--out", Tokens);
        VqganSaver.Save(Model, SmallVqgan.Build(config: SmallVqgan.Config with { CodebookSize = 64 }));
        Assert.Equal(ExitCodes.Failure, await Run("decode", Tokens, "--out", _folder.File("decoded")));
        AssertOneSentence("has tokens of a codebook of 32");
    }

    [Fact]
    public async Task Decode_WhatIsNoTokens_IsRefused()
    {
        Assert.Equal(ExitCodes.Failure, await Run("decode", Path.Combine(Model, VqganLoader.FileName), "--out", _folder.File("decoded")));
        AssertOneSentence("is no file of tokens");
    }

    [Theory]
    [InlineData("[\"../a.png\", \"b.png\"]", "no plain file name")]
    [InlineData("[\"a.png\"]", "1 names for 2 pictures")]
    [InlineData("{", "no list of strings")]
    [InlineData("[\"a.png\", \"a.jpg\"]", "Two pictures would be written as")]
    public async Task Decode_OddNames_AreRefused(string names, string sentence)
    {
        WriteTokens(new int[2], names);
        Assert.NotEqual(ExitCodes.Success, await Run("decode", Tokens, "--out", _folder.File("decoded")));
        AssertOneSentence(sentence);
        Assert.False(File.Exists(_folder.File("a.png")));
    }

    [Fact]
    public async Task Decode_ATokenThatTheCodebookLacks_IsRefused()
    {
        WriteTokens([31, 32], "[\"a\", \"b\"]");
        Assert.Equal(ExitCodes.Failure, await Run("decode", Tokens, "--out", _folder.File("decoded")));
        AssertOneSentence("has the token 32");
    }

    [Fact]
    public async Task Encode_WithAClip_SaysWhatItIs()
    {
        using (new TensorScope())
        {
            Pagoda.Models.Clip.ClipSaver.Save(_folder.File("clip"), TinyClip.Model(), TinyClip.Tokenizer);
        }

        Assert.Equal(ExitCodes.Failure, await CommandLine.RunAsync(["vqgan", "encode", Pictures, "--model", _folder.File("clip"), "--out", Tokens], _output, _error));
        AssertOneSentence("is no VQGAN");
    }

    [Fact]
    public async Task Encode_OverAFile_NeedsForce()
    {
        File.WriteAllText(Tokens, "kept");
        Assert.Equal(ExitCodes.Failure, await Run("encode", Pictures, "--out", Tokens));
        AssertOneSentence("exists already");
        Assert.Equal("kept", File.ReadAllText(Tokens));
        Assert.Equal(ExitCodes.Success, await Run("encode", Pictures, "--out", Tokens, "--force"));
        Assert.Equal(3, TokenFile.Read(Tokens).Names.Count);
    }

    [Theory]
    [InlineData("--size", "18")]
    [InlineData("--size", "0")]
    [InlineData("--batch", "0")]
    public async Task Encode_WrongNumbers_AreUsageErrors(string option, string value) =>
        Assert.Equal(ExitCodes.Usage, await Run("encode", Pictures, "--out", Tokens, option, value));

    private static Picture Drawn(int width, int height) =>
        new(width, height, 3, [.. Enumerable.Range(0, width * height * 3).Select(i => (byte)(127 + (100 * Math.Sin(i * 0.01))))]);

    private void WriteTokens(int[] tokens, string names) => SafetensorsWriter.Write(
        Tokens,
        [new TensorToWrite("tokens", ScalarType.Int32, [2, 1, 1], System.Runtime.InteropServices.MemoryMarshal.AsBytes(tokens.AsSpan()).ToArray())],
        new Dictionary<string, string>
        {
            ["format"] = "pagoda-vqgan-tokens", ["version"] = "1", ["codebook_size"] = "32", ["factor"] = "4", ["codebook_sha256"] = "x", ["names"] = names,
        });

    private void AssertOneSentence(string part)
    {
        var line = Assert.Single(_error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries), line => line.StartsWith("pagoda:", StringComparison.Ordinal));
        Assert.Contains(part, line);
    }

    private Task<int> Run(string verb, params string[] arguments) =>
        CommandLine.RunAsync(["vqgan", verb, .. arguments, "--model", Model], _output, _error);
}
