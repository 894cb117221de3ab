using System.Runtime.InteropServices;
using System.Text.Json;
using Pagoda.Cli;
using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Tests.Cli;

public sealed class ModelsCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pagoda-models-").FullName;

    public ModelsCommandTests()
    {
        SafetensorsWriter.Write(
            File("in.safetensors"),
            [
                new TensorToWrite("tok_emb.weight", ScalarType.Float32, [2, 2], Bytes([1f, -2.5f, 70_000f, 1e-3f])),
                new TensorToWrite("steps", ScalarType.Int64, [1], Bytes([7L])),
            ],
            new Dictionary<string, string> { ["note"] = "made by a test" });
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static byte[] Bytes<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private string File(string name) => Path.Combine(_folder, name);

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        return (await CommandLine.RunAsync(arguments, output, error), output.ToString(), error.ToString());
    }

    [Fact]
    public async Task Show_File_DescribesNetworkTensorsAndMetadata()
    {
        var (code, output, _) = await Run("models", "show", File("in.safetensors"), "--tensors");
        Assert.Equal(0, code);
        Assert.Contains("GPT, 2 tokens, width 2", output, StringComparison.Ordinal);
        Assert.Contains("made by a test", output, StringComparison.Ordinal);
        Assert.Contains("tok_emb.weight  Float32[2, 2]", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_Json_CountsParameters()
    {
        var (_, output, _) = await Run("models", "show", File("in.safetensors"), "--json");
        using var json = JsonDocument.Parse(output);
        Assert.Equal(5, json.RootElement.GetProperty("parameters").GetInt64());
        Assert.Equal("Int64", json.RootElement.GetProperty("tensors").GetProperty("steps").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Convert_BFloat16_RoundsFloatsAndKeepsIntegers()
    {
        var (code, output, error) = await Run("models", "convert", File("in.safetensors"), File("out.safetensors"), "--dtype", "bfloat16");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("2 tensors", output, StringComparison.Ordinal);
        using var archive = CheckpointFile.Open(File("out.safetensors"));
        Assert.Equal(ScalarType.BFloat16, archive.Entries["tok_emb.weight"].Type);
        Assert.Equal([1f, -2.5f, 70_144f, 0.00099945068f], archive.ReadFloats("tok_emb.weight"));
        Assert.Equal(Bytes([7L]), archive.ReadBytes("steps"));
        Assert.Equal("in.safetensors", archive.Metadata["converted_from"]);
        Assert.Equal("made by a test", archive.Metadata["note"]);
    }

    [Fact]
    public async Task Convert_NumberBeyondFloat16_SaysWhichAndWritesNothing()
    {
        var (code, _, error) = await Run("models", "convert", File("in.safetensors"), File("out.safetensors"), "--half");
        Assert.Equal(1, code);
        Assert.Contains("tensor 'tok_emb.weight' has the number 70000, which float16 has not; use bfloat16", error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task Convert_TargetExists_IsKeptUnlessForced()
    {
        await System.IO.File.WriteAllTextAsync(File("out.safetensors"), "precious");
        Assert.Equal(1, (await Run("models", "convert", File("in.safetensors"), File("out.safetensors"))).Code);
        Assert.Equal("precious", await System.IO.File.ReadAllTextAsync(File("out.safetensors")));
        Assert.Equal(0, (await Run("models", "convert", File("in.safetensors"), File("out.safetensors"), "--force")).Code);
    }

    [Theory]
    [InlineData(2, "must end in .safetensors", "in.safetensors", "out.pt")]
    [InlineData(2, "contradict", "in.safetensors", "out.safetensors", "--half", "--dtype", "bfloat16")]
    [InlineData(1, "there is no file", "missing.pt", "out.safetensors")]
    public async Task Convert_Impossible_SaysWhy(int expected, string sentence, string source, string target, params string[] options)
    {
        var (code, _, error) = await Run(["models", "convert", File(source), File(target), .. options]);
        Assert.Equal(expected, code);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_NameOfTheCatalogue_TellsOriginWithoutTheFile()
    {
        var (code, output, _) = await Run("models", "show", "openai-vit-b-16");
        Assert.Equal(0, code);
        Assert.Contains("quickgelu", output, StringComparison.Ordinal);
        Assert.Contains("5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f", output, StringComparison.Ordinal);
    }
}
