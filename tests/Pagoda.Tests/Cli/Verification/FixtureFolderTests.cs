using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pagoda.Cli;
using Pagoda.Cli.Verification;
using Pagoda.Formats.Checkpoints;
using Pagoda.Tests.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Tests.Cli.Verification;

public sealed class FixtureFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SharedFact("parity", "index.json")]
    public void Verify_EveryRecognisedFixture_Holds()
    {
        var folder = new FixtureFolder(SharedFolder.File("parity"), SharedFolder.File("data", "clip", "bpe_simple_vocab_16e6.txt.gz"));
        var recognised = folder.Fixtures.Where(fixture => FixtureFolder.Verifiers.Any(verifier => verifier.Recognises(fixture))).ToList();
        Assert.Superset(
            new HashSet<string>
            {
                "clip_openai_vit", "clip_openai_rn", "openclip_vit", "openclip_convnext_linear", "openclip_convnext_mlp", "openclip_convnext_eps5",
                "openclip_convnext_trunkfc", "clip_loss", "pgd_l2", "pgd_linf", "tokenizer_clip", "tokenizer_clipgen", "preprocess",
                "clipag_generate", "clipag_dynamic_thresh", "clipag_diffaugment", "fid_moments", "fid_activations", "fid_blocks", "fid_inception_reduced", "inception_score",
                "clipgen_gpt", "taming_gpt", "taming_gpt_unmasked",
            },
            recognised.Select(fixture => Path.GetFileNameWithoutExtension(fixture.File)).ToHashSet());
        Assert.Empty(recognised.SelectMany(folder.Verify).Where(finding => !finding.Ok).Select(finding => $"{finding.Fixture} {finding.Quantity} {finding.Error} {finding.Note}"));
    }

    [SharedFact("parity", "clip_openai_vit.safetensors")]
    public async Task Verify_AllHold_Succeeds()
    {
        CopyChanged("clip_openai_vit", "fixture.output.cosine", _ => { });
        var (code, output) = await RunAsync("verify", _folder.Path, "--all");
        Assert.Equal(0, code);
        Assert.Contains("grad.image", output);
        Assert.Contains("1 of 1 fixtures hold", output);
    }

    [SharedFact("parity", "clip_openai_vit.safetensors")]
    public void Verify_WrongNumberInTheFixture_IsFound()
    {
        // One value of one output changed by a thousandth of the largest.
        CopyChanged("clip_openai_vit", "fixture.output.text_features", values => values[^1] += values.Max(Math.Abs) / 1000);
        var findings = new FixtureFolder(_folder.Path) is var folder ? folder.Verify(Assert.Single(folder.Fixtures)) : [];
        Assert.Equal("output.text_features", Assert.Single(findings, finding => !finding.Ok).Quantity);
    }

    [SharedFact("parity", "clip_openai_vit.safetensors")]
    public void Verify_OutputThatNobodyComputes_IsFound()
    {
        CopyChanged("clip_openai_vit", "fixture.output.cosine", _ => { }, renamed: "fixture.output.something_else");
        var folder = new FixtureFolder(_folder.Path);
        var finding = Assert.Single(folder.Verify(Assert.Single(folder.Fixtures)), finding => !finding.Ok);
        Assert.Equal(("output.something_else", "not compared"), (finding.Quantity, finding.Note));
    }

    [Fact]
    public async Task Verify_UnknownKind_Fails()
    {
        WriteIndex(Entry("new.json", "{}", "A thing nobody has heard of"), Entry("vq.json", "{}", "A VQGAN"));
        var (code, output) = await RunAsync("verify", _folder.Path);
        Assert.Equal(1, code);
        Assert.Contains("unknown kind", output);
        Assert.Contains("not implemented", output);
        Assert.Contains("0 of 2 fixtures hold", output);
    }

    [Fact]
    public async Task Verify_DamagedOrMissingFile_Fails()
    {
        WriteIndex(Entry("a.json", "{}", "x"), Entry("b.json", "{}", "x"));
        File.WriteAllText(_folder.File("a.json"), "{ }");
        File.Delete(_folder.File("b.json"));
        var (code, output) = await RunAsync("verify", _folder.Path, "--json");
        Assert.Equal(1, code);
        var findings = JsonNode.Parse(output)!["findings"]!.AsArray();
        Assert.Contains("SHA-256", (string?)findings[0]!["note"]);
        Assert.Equal("b.json is missing", (string?)findings[1]!["note"]);
    }

    [Fact]
    public async Task Verify_EmptyOrNoIndex_Fails()
    {
        var missing = await RunAsync("verify", _folder.File("nowhere"));
        Assert.Equal(1, missing.Code);
        WriteIndex();
        Assert.Equal(1, (await RunAsync("verify", _folder.Path)).Code);
        File.WriteAllText(_folder.File("index.json"), "[1");
        Assert.Equal(1, (await RunAsync("verify", _folder.Path)).Code);
    }

    [Fact]
    public void Difference_NotANumber_IsInfinite()
    {
        Assert.Equal(double.PositiveInfinity, FixtureRun.Difference([1, float.NaN], [1, 2]));
        Assert.Equal(double.PositiveInfinity, FixtureRun.Difference([1], [1, 2]));
        Assert.Equal(2, FixtureRun.Difference([1, 4], [1, 2]));
        Assert.False(new Finding("a", "b", double.NaN, 1).Ok);
        Assert.False(new Finding("a", "b", null, null).Ok);
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        var output = new StringWriter();
        var code = await CommandLine.RunAsync(arguments, output, new StringWriter());
        return (code, output.ToString());
    }

    private JsonObject Entry(string file, string content, string what)
    {
        File.WriteAllText(_folder.File(file), content);
        return new JsonObject { ["file"] = file, ["what"] = what, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content))) };
    }

    private void WriteIndex(params JsonObject[] entries) =>
        File.WriteAllText(_folder.File("index.json"), new JsonObject { ["fixtures"] = new JsonArray([.. entries]) }.ToJsonString());

    private void CopyChanged(string stem, string tensor, Action<float[]> change, string? renamed = null)
    {
        var path = _folder.File($"{stem}.safetensors");
        using (var archive = SafetensorsFile.Open(SharedFolder.File("parity", $"{stem}.safetensors")))
        {
            SafetensorsWriter.Write(path, archive.Entries.Select(entry =>
            {
                if (entry.Key != tensor)
                {
                    return new TensorToWrite(entry.Key, entry.Value.Type, entry.Value.Shape, archive.ReadBytes(entry.Key));
                }

                var values = archive.ReadFloats(tensor);
                change(values);
                return new TensorToWrite(renamed ?? tensor, ScalarType.Float32, entry.Value.Shape, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
            }).ToList());
        }

        using var index = JsonDocument.Parse(File.ReadAllBytes(SharedFolder.File("parity", "index.json")));
        var original = index.RootElement.GetProperty("fixtures").EnumerateArray().First(entry => entry.GetProperty("file").GetString() == $"{stem}.safetensors");
        var changed = JsonObject.Create(original)!.DeepClone().AsObject();
        changed["sha256"] = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
        WriteIndex(changed);
    }
}
