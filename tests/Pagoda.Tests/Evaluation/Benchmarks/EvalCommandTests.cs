using System.Text.Json;
using Pagoda.Cli;
using Pagoda.Formats.Images;
using Pagoda.Generation.Prompts;
using Pagoda.Generation.Provenance;
using Pagoda.Models.Clip;
using Pagoda.Tests.Data;
using Pagoda.Tests.Generation;

namespace Pagoda.Tests.Evaluation.Benchmarks;

/// <summary><c>eval</c> on tiny random networks.</summary>
[Trait("Host", "small")]
public sealed class EvalCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public EvalCommandTests()
    {
        ClipSaver.Save(Model, TinyClip.Model(), TinyClip.Tokenizer);
        ClipSaver.Save(Judge, TinyClip.Model(5), TinyClip.Tokenizer);
        Directory.CreateDirectory(_folder.File("prompts"));
        File.WriteAllText(_folder.File("prompts/color_val.txt"), "a green bench and a blue bowl\r\na red: apple | and \\ more \r\n");
        File.WriteAllText(_folder.File("prompts/non_spatial_val.txt"), "A person is looking at a rainbow.\r\nA cat sits.");
    }

    private string Model => _folder.File("tiny");

    private string Judge => _folder.File("judge");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task CompBench_AnyShards_GiveTheSamePictures_WhichReplay()
    {
        var (whole, parts) = (_folder.File("whole"), _folder.File("parts"));
        var (code, output, error) = await CompBench(whole);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("color: 4/4", output, StringComparison.Ordinal);
        Assert.Equal(
            ["a green bench and a blue bowl_000000.png", "a green bench and a blue bowl_000001.png", "a red: apple | and \\ more_000002.png", "a red: apple | and \\ more_000003.png"],
            Directory.GetFiles(Path.Combine(whole, "color", "samples")).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        for (var shard = 3; shard >= 1; shard--)
        {
            Assert.Equal(0, (await CompBench(parts, "--shard", $"{shard}/3")).Code);
        }

        Assert.All(Samples(whole), file => Assert.Equal(File.ReadAllBytes(Path.Combine(whole, file)), File.ReadAllBytes(Path.Combine(parts, file))));
        Assert.Equal(Samples(whole), Samples(parts));
        Assert.Equal(8, Samples(whole).Count);
        var record = PaintingRecord.FromPng(File.ReadAllBytes(Path.Combine(whole, Samples(whole)[3])), "a.png");
        Assert.Equal((1002UL, "a red: apple | and \\ more"), (record.Seed, Assert.Single(Prompt.Parse(record.Prompt).Terms).Content));
        Assert.Equal((0, "identical\n", ""), await Run("replay", Path.Combine(whole, Samples(whole)[3]), "--device", "cpu"));
    }

    [Fact]
    public async Task CompBench_GoesOn_AndRefusesOtherSettings()
    {
        var place = _folder.File("out");
        Assert.Equal(0, (await CompBench(place)).Code);
        var (kept, gone) = (Path.Combine(place, Samples(place)[0]), Path.Combine(place, Samples(place)[1]));
        var (before, bytes) = (File.GetLastWriteTimeUtc(kept), File.ReadAllBytes(gone));
        File.Delete(gone);
        Assert.Equal(0, (await CompBench(place)).Code);
        Assert.Equal(before, File.GetLastWriteTimeUtc(kept));
        Assert.Equal(bytes, File.ReadAllBytes(gone));

        var (code, _, error) = await CompBench(place, "--set", "views=3");
        Assert.Equal(1, code);
        Assert.Contains("made in another way (painting.recipe.views", error, StringComparison.Ordinal);
        Assert.Contains("perPrompt 2 and not 3", (await Run([.. Arguments(place), "--per-prompt", "3"])).Error, StringComparison.Ordinal);
        ClipSaver.Save(Model, TinyClip.Model(9), TinyClip.Tokenizer);
        Assert.Contains("painting.modelHash", (await CompBench(place)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompBench_Interrupted_LeavesWholeFilesOnly()
    {
        using var cancel = new CancellationTokenSource();
        var place = _folder.File("out");
        var running = Run(cancel.Token, [.. Arguments(place), "--per-prompt", "1000"]);
        for (var waited = 0; waited < 1200 && !running.IsCompleted && Samples(place).Count < 3; waited++)
        {
            await Task.Delay(25);
        }

        await cancel.CancelAsync();
        Assert.Equal(ExitCodes.Interrupted, (await running).Code);
        Assert.InRange(Samples(place).Count, 3, 1999);
        Assert.All(Samples(place), file => Assert.Null(PaintingRecord.FromPng(File.ReadAllBytes(Path.Combine(place, file)), file).StoppedAfter));
    }

    [Fact]
    public async Task CompBench_Report_ReadsJudges_AndScoresTheNonSpatialCategory()
    {
        var place = _folder.File("out");
        await CompBench(place);
        Directory.CreateDirectory(Path.Combine(place, "color", "annotation_blip"));
        File.WriteAllText(Path.Combine(place, "color", "annotation_blip", "vqa_result.json"), """[{"question_id": 0, "answer": "0.5"}, {"question_id": 1, "answer": "0.7"}, {"question_id": 2, "answer": "0.1"}, {"question_id": 3, "answer": "0.3"}]""");
        var weights = _folder.File("blip.pth");
        File.WriteAllText(weights, "abc");
        var (code, output, _) = await Run("eval", "compbench", "--report", "--clip", Judge, "--device", "cpu", "--judge-weights", $"blip-vqa={weights}", "--out", place);

        Assert.Equal(0, code);
        Assert.Contains("blip-vqa", output, StringComparison.Ordinal);
        using var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(place, "report.json")));
        var scores = report.RootElement.GetProperty("measurements").EnumerateArray().ToList();
        Assert.Equal(["color", "non_spatial"], scores.Select(one => one.GetProperty("category").GetString()));
        Assert.Equal(0.4, scores[0].GetProperty("score").GetProperty("value").GetDouble(), 9);
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", scores[0].GetProperty("protocol").GetProperty("weights").GetString());
        Assert.Equal(("complete", 4), (scores[1].GetProperty("status").GetString(), scores[1].GetProperty("protocol").GetProperty("samples").GetInt32()));
        Assert.Equal(5, File.ReadAllLines(Path.Combine(place, "report.csv")).Length + 2);

        // The cosine is what score says of the same files.
        var file = Samples(place).Single(name => name.EndsWith("A cat sits._000003.png", StringComparison.Ordinal));
        var (_, line, _) = await Run("score", Path.Combine(place, file), "A cat sits.", "--model", Judge, "--device", "cpu", "--json");
        using var cosine = JsonDocument.Parse(line);
        var ours = Pagoda.Evaluation.Benchmarks.JudgeResults.Read(Path.Combine(place, "non_spatial", "annotation_clip_pagoda", "vqa_result.json"));
        Assert.Equal(cosine.RootElement.GetProperty("scores")[0].GetProperty("cosine").GetDouble(), ours[3].Answer, 1e-4);

        // Combinations that the training lists have, and others, are also told apart.
        var prompts = File.ReadAllLines(Path.Combine(_folder.File("prompts"), "color_val.txt"));
        File.WriteAllText(Path.Combine(_folder.File("prompts"), "color_val_unseen.txt"), $"{prompts[1]}\nno prompt of this run\n");
        Assert.Equal(0, (await Run("eval", "compbench", "--report", "--clip", "none", "--prompts", _folder.File("prompts"), "--out", place)).Code);
        using var apart = JsonDocument.Parse(File.ReadAllText(Path.Combine(place, "report.json")));
        var unseen = apart.RootElement.GetProperty("measurements").EnumerateArray().Single(one => one.GetProperty("category").GetString() == "color/unseen");
        Assert.Equal((0.2, "complete", 2), (Math.Round(unseen.GetProperty("score").GetProperty("value").GetDouble(), 9), unseen.GetProperty("status").GetString(), unseen.GetProperty("protocol").GetProperty("samples").GetInt32()));

        File.Delete(Path.Combine(place, "color", "annotation_blip", "vqa_result.json"));
        var missing = await Run("eval", "compbench", "--report", "--clip", "none", "--out", place);
        Assert.Equal(0, missing.Code);
        Assert.Contains("run the judge of T2I-CompBench", missing.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Coco_DrawsPaintsInShards_AndScoresInTheEnd()
    {
        var (place, captions) = (_folder.File("coco"), _folder.File("all.tsv"));
        File.WriteAllText(captions, "image_id\tcaption\n" + string.Concat(Enumerable.Range(0, 30).Select(i => $"{i / 3}\ta cat and/or {i} dogs\n")));
        string[] arguments = ["eval", "coco", "--captions", captions, "--count", "5", "--clip", Judge, "--model", Model, "--device", "cpu", "--method", "pixels", "--steps", "2", "--out", place];
        var first = await Run([.. arguments, "--shard", "1/2"]);
        Assert.Equal((0, ""), (first.Code, first.Error));
        Assert.Contains("3/5; the numbers come when", first.Output, StringComparison.Ordinal);
        var second = await Run([.. arguments, "--shard", "2/2"]);
        Assert.Contains("clipsim", second.Output, StringComparison.Ordinal);
        Assert.Equal(["000000.png", "000001.png", "000002.png", "000003.png", "000004.png"], Directory.GetFiles(Path.Combine(place, "samples")).Select(Path.GetFileName).Order());
        using var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(place, "report.json")));
        Assert.Equal(["missing", "complete"], report.RootElement.GetProperty("measurements").EnumerateArray().Select(one => one.GetProperty("status").GetString()));
        Assert.Contains("made in another way", (await Run([.. arguments, "--seed", "2"])).Error, StringComparison.Ordinal);
    }

    [SharedFact("data", "compbench", "coco_val2017_captions", "all.tsv")]
    public async Task Coco_RealCaptions_AtASmallSize()
    {
        var (place, captions) = (_folder.File("coco"), SharedFolder.File("data", "compbench", "coco_val2017_captions", "all.tsv"));
        var (code, _, _) = await Run("eval", "coco", "--captions", captions, "--count", "6", "--clip", Judge, "--model", Model, "--device", "cpu", "--method", "pixels", "--steps", "1", "--out", place);
        Assert.Equal((0, 6), (code, Directory.GetFiles(Path.Combine(place, "samples")).Length));
        Assert.Contains("5000 photographs", (await Run("eval", "coco", "--captions", captions, "--model", Model, "--clip", "none")).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("compbench --shard 3/2", 2, "--shard 3/2 is no shard")]
    [InlineData("compbench --categories colour", 2, "there is no colour")]
    [InlineData("compbench --per-prompt 0", 2, "--per-prompt is 0")]
    [InlineData("compbench --prompts nowhere", 1, "color_val.txt is not there")]
    [InlineData("compbench --prompts prompts --categories color --method paint", 2, "--method paint is not known")]
    [InlineData("compbench --prompts prompts --categories color --method vqgan", 2, "has no VQGAN")]
    [InlineData("compbench --report", 1, "has no pictures of T2I-CompBench")]
    [InlineData("scenes --things 1", 2, "--things 2 or more")]
    [InlineData("scenes --emoji nowhere", 1, "nowhere")]
    [InlineData("coco --captions nowhere.json", 1, "nowhere.json is not there")]
    [InlineData("coco --captions nowhere.json --count 0", 2, "--count is 0")]
    public async Task Eval_WrongUse_IsSaidInASentence(string arguments, int expected, string because)
    {
        string[] words = [.. arguments.Split(' ').Select(word => word == "prompts" ? _folder.File(word) : word)];
        var (code, _, error) = await Run(["eval", .. words, "--model", Model, "--device", "cpu", "--out", _folder.File("out")]);
        Assert.Equal(expected, code);
        Assert.Contains(because, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("out")));
    }

    [Fact]
    public async Task Scenes_AskPaintAndJudge()
    {
        var (place, emoji) = (_folder.File("scenes"), _folder.File("emoji.bin"));
        DrawnEmoji.Library.SaveCache(emoji);
        string[] arguments = ["eval", "scenes", "--emoji", emoji, "--count", "2", "--per-prompt", "2", "--judge-steps", "2", "--model", Model, "--device", "cpu", "--method", "pixels", "--steps", "1", "--out", place];
        var first = await Run([.. arguments, "--shard", "1/2"]);
        Assert.Equal((0, ""), (first.Code, first.Error));
        Assert.Contains("12/24; the numbers come when", first.Output, StringComparison.Ordinal);
        var second = await Run([.. arguments, "--shard", "2/2"]);
        Assert.Equal((0, ""), (second.Code, second.Error));
        using var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(place, "report.json")));
        var scores = report.RootElement.GetProperty("measurements").EnumerateArray().ToList();
        Assert.Equal(["color seen", "color unseen", "count seen", "count unseen", "relation seen", "relation unseen"], scores.Select(one => $"{one.GetProperty("category").GetString()} {one.GetProperty("protocol").GetProperty("measure").GetString()}"));
        Assert.All(scores, one => Assert.Equal(("complete", 4, true), (one.GetProperty("status").GetString(), one.GetProperty("protocol").GetProperty("samples").GetInt32(), one.TryGetProperty("onReal", out _))));

        var before = File.GetLastWriteTimeUtc(Path.Combine(place, "judge.safetensors"));
        Assert.Equal(0, (await Run(arguments)).Code);
        Assert.Equal(before, File.GetLastWriteTimeUtc(Path.Combine(place, "judge.safetensors")));

        // The judge of one run judges another alike; what it does not know it does not judge.
        string[] others = ["eval", "scenes", "--emoji", emoji, "--count", "2", "--per-prompt", "2", "--model", Model, "--device", "cpu", "--method", "pixels", "--steps", "1", "--out", _folder.File("others")];
        var judged = await Run([.. others, "--judge", Path.Combine(place, "judge.safetensors")]);
        Assert.Equal((0, ""), (judged.Code, judged.Error));
        Assert.False(File.Exists(Path.Combine(_folder.File("others"), "judge.safetensors")));
        using var alike = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder.File("others"), "report.json")));
        Assert.Equal(
            scores.Select(one => one.GetProperty("score").GetProperty("value").GetDouble()), alike.RootElement.GetProperty("measurements").EnumerateArray().Select(one => one.GetProperty("score").GetProperty("value").GetDouble()));
        Assert.Contains("leave --judge-steps out", (await Run([.. arguments, "--judge", Path.Combine(place, "judge.safetensors")])).Error, StringComparison.Ordinal);
    }

    private string[] Arguments(string place) =>
        ["eval", "compbench", "--prompts", _folder.File("prompts"), "--categories", "color,non_spatial", "--model", Model, "--device", "cpu", "--method", "pixels", "--steps", "2", "--out", place];

    private Task<(int Code, string Output, string Error)> CompBench(string place, params string[] more) => Run([.. Arguments(place), "--per-prompt", "2", .. more]);

    private static List<string> Samples(string place) => !Directory.Exists(place) ? [] :
        [.. Directory.GetFiles(place, "*.png", SearchOption.AllDirectories).Where(file => file.Contains("samples", StringComparison.Ordinal)).Select(file => Path.GetRelativePath(place, file)).Order(StringComparer.Ordinal)];

    private static Task<(int Code, string Output, string Error)> Run(params string[] arguments) => Run(default, arguments);

    private static async Task<(int Code, string Output, string Error)> Run(CancellationToken cancellation, params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await CommandLine.RunAsync(arguments, output, error, cancellation);
        return (code, output.ToString(), error.ToString());
    }
}
