using System.Text.Json;
using Pagoda.Cli;
using Pagoda.Cli.Benchmarks;
using Pagoda.Models.Clip;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Tests.Cli.Benchmarks;

public sealed class BenchCommandTests
{
    /// <summary>Small enough to draw at once.</summary>
    internal static ClipConfig Tiny { get; } = new()
    {
        EmbedDim = 16,
        Vision = new VisionConfig { Architecture = VisionArchitecture.ViT, ImageSize = 32, PatchSize = 8, Width = [64], Layers = [2], HeadWidth = 16 },
        Text = new TextConfig { ContextLength = 16, VocabularySize = 100, Width = 64, Heads = 4, Layers = 2 },
    };

    [Fact]
    public async Task Bench_Call_PrintsOneJsonObject()
    {
        var (code, output, error) = await Run("bench", "call", "--repeat", "3", "--json");

        Assert.Equal(0, code);
        Assert.Contains("bench: 1/1 call, ", error, StringComparison.Ordinal);
        var report = JsonDocument.Parse(output).RootElement;
        Assert.True(report.GetProperty("machine").GetProperty("threads").GetInt32() >= 1);
        Assert.Equal(3, report.GetProperty("gemm").GetArrayLength());
        var result = Assert.Single(report.GetProperty("results").EnumerateArray());
        Assert.Equal("call", result.GetProperty("name").GetString());
        Assert.Equal(1, result.GetProperty("views").GetInt32());
        Assert.StartsWith("none: ", result.GetProperty("ceiling").GetProperty("of").GetString(), StringComparison.Ordinal);
        Assert.False(result.GetProperty("ceiling").TryGetProperty("fraction", out _));
        var measured = result.GetProperty("measured");
        var seconds = measured.GetProperty("seconds");
        Assert.InRange(seconds.GetProperty("median").GetDouble(), 50e-9, 1e-3);
        Assert.InRange(seconds.GetProperty("median").GetDouble(), seconds.GetProperty("min").GetDouble(), seconds.GetProperty("max").GetDouble());
        Assert.True(measured.GetProperty("liveTensorsAfter").GetInt64() <= measured.GetProperty("liveTensorsBefore").GetInt64());
        Assert.Equal(3, measured.GetProperty("repeats").GetInt32());
        Assert.True(measured.GetProperty("peakResidentBytes").GetInt64() > 10_000_000);
    }

    [Fact]
    public async Task Bench_GptSample_HoldsTheTimeAgainstReadingTheWeights()
    {
        var (code, output, error) = await Run("bench", "gpt-sample", "--layers", "1", "--width", "32", "--heads", "2", "--vocab", "50", "--tokens", "4", "--batch", "2", "--repeat", "2", "--json");

        Assert.True(code == 0, error);
        var results = JsonDocument.Parse(output).RootElement.GetProperty("results").EnumerateArray().ToList();
        Assert.Equal(["float32", "bfloat16"], results.Select(result => result.GetProperty("type").GetString()));
        // Attention 4·32², its biases 4·32, MLP 8·32² and 5·32, three norms, the head 33·50, and one row of each table.
        const long Read = (12 * 32 * 32) + (9 * 32) + (6 * 32) + (33 * 50) + (2 * 32);
        Assert.Equal([4 * Read, 2 * Read], results.Select(result => result.GetProperty("sampling").GetProperty("weightBytesPerToken").GetInt64()));
        Assert.All(results, result =>
        {
            var (sampling, seconds) = (result.GetProperty("sampling"), result.GetProperty("measured").GetProperty("seconds").GetProperty("median").GetDouble());
            Assert.Equal(2, result.GetProperty("views").GetInt32());
            Assert.Equal(8 / seconds, sampling.GetProperty("tokensPerSecond").GetDouble(), 3);
            Assert.Equal(sampling.GetProperty("floorSeconds").GetDouble() / seconds, sampling.GetProperty("fractionOfFloor").GetDouble(), 6);
            Assert.True(sampling.GetProperty("memoryBytesPerSecond").GetDouble() > 1e8);
        });
    }

    [Fact]
    public async Task Bench_Strokes_HasWiderOnesInItsNote()
    {
        var (code, output, error) = await Run("bench", "strokes", "--repeat", "1", "--json");

        Assert.True(code == 0, error);
        var result = Assert.Single(JsonDocument.Parse(output).RootElement.GetProperty("results").EnumerateArray());
        Assert.Equal(1, result.GetProperty("views").GetInt32());
        Assert.Matches(@"^widths from 1 to 12 pixels [\d.]+ ms \(.*\), areas [\d.]+ ms \(.*\)$", result.GetProperty("note").GetString());
    }

    [Fact]
    public async Task Bench_Table_NamesTheCeiling()
    {
        var (code, output, _) = await Run("bench", "call", "--repeat", "1");

        Assert.Equal(0, code);
        Assert.Contains("GEMM float32 512", output, StringComparison.Ordinal);
        Assert.Matches(@"\ncall +x 1 +float32 +\d", output);
    }

    [Theory]
    [InlineData("No benchmark is called 'pixels'; there are pixel-step,", "pixels")]
    [InlineData("--repeat must be 1 or more", "call", "--repeat", "0")]
    [InlineData("--type float16 is not known", "call", "--type", "float16")]
    [InlineData("--against java is not known", "call", "--against", "java")]
    [InlineData("no architecture is called 'ViT-Z'", "call", "--arch", "ViT-Z")]
    [InlineData("--tokens must be 1 or more", "gpt-sample", "--tokens", "0")]
    [InlineData("9 heads do not divide a width of 1024", "gpt-sample", "--heads", "9")]
    [InlineData("--out a.svg is for bench scale", "call", "--out", "a.svg")]
    [InlineData("--from a.json is for --update", "call", "--from", "a.json")]
    [InlineData("--update nowhere.md: there is no such page", "call", "--update", "nowhere.md")]
    [InlineData("--size 100 does not fit patches of 32 pixels", "pixel-step", "--size", "100")]
    public async Task Bench_WhatCannotBe_IsSaidInOneSentence(string sentence, params string[] arguments)
    {
        var (code, output, error) = await Run(["bench", .. arguments]);

        Assert.Equal((2, ""), (code, output));
        Assert.Contains(sentence, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pixel-step")]
    [InlineData("encode-image")]
    [InlineData("encode-text")]
    [InlineData("train-step")]
    [InlineData("vqgan-encode")]
    [InlineData("vqgan-train")]
    public void Step_OfANetwork_LeavesNoTensor(string name)
    {
        using var workload = BenchmarkList.Get(name).Prepare(new BenchmarkShape(Tiny, 2, 32, ScalarType.Float32));
        workload.Step();
        var live = LibTorch.LiveTensors;
        workload.Step();

        // Fewer when finalizers run in between.
        Assert.True(LibTorch.LiveTensors <= live);
        Assert.True(workload.Operations > 1e6);
    }

    [Fact]
    public void OperationCount_OfViTB32_IsThePublishedFigureLessTheLastBlock()
    {
        var count = OperationCount.Image(ClipPresets.Get("ViT-B-32"))!.Value;

        // 4.41 G multiply-adds a picture (open_clip: docs/model_profile.csv), of which the last block saves
        // 49 of 50 states in the MLP (2·4·768²), the queries and the output projection (2·768²), and in both products of its attention.
        var saved = (49.0 * ((8 * 768 * 768) + (2 * 768 * 768))) + (2.0 * 50 * 49 * 768);
        Assert.Equal(4.41, (count.Linear + count.Attention + saved) / 1e9, 2);
        Assert.Equal(2 * (count.Linear + count.Attention), count.Forward);
        Assert.Equal(count.Forward + (2 * count.Attention), count.BackwardToInput);
    }

    [Fact]
    public void Rows_OfPixelStep_AreBothArchitecturesWithOneEightAndSixtyFourViews()
    {
        var rows = BenchmarkList.Get("pixel-step").Rows(new BenchmarkShape(Tiny, 2, 32, ScalarType.Float32));

        Assert.Equal(
            [("ViT-B-32", 224, 1), ("ViT-B-32", 224, 8), ("ViT-B-32", 224, 64), ("convnext_base_w", 256, 1), ("convnext_base_w", 256, 8), ("convnext_base_w", 256, 64)],
            rows.Select(row => (row.Arch, row.Size, row.Views)));
        Assert.Single(BenchmarkList.Get("fid").Rows(new BenchmarkShape(Tiny, 2, 32, ScalarType.Float32)));
    }

    [Theory]
    // Quick steps are repeated seven times, middling ones three times, the slowest once.
    [InlineData(0.1, 7)]
    [InlineData(3, 4)]
    [InlineData(10, 3)]
    [InlineData(25, 2)]
    [InlineData(60, 1)]
    public void Repetitions_Usual_DependOnWhatAStepCosts(double seconds, int expected)
    {
        var done = 0;
        while (Repetitions.Usual.GoesOn(done, done * seconds))
        {
            done++;
        }

        Assert.Equal(expected, done);
    }

    [Fact]
    public void Operations_OfInception_AreThePublishedFigure()
    {
        using var workload = BenchmarkList.Get("fid").Prepare(new BenchmarkShape(Tiny, 2, 32, ScalarType.Float32) { Pictures = 10 });

        // 5.7 G multiply-adds a picture (torchvision: inception_v3), here without the classifier.
        Assert.Equal(10 * 2 * 5.71, workload.Operations!.Value / 1e9, 0);
    }

    [Fact]
    public void EncoderOperations_OfASmallEncoder_AreThoseOfItsConvolutions()
    {
        var config = new VqganConfig
        {
            Resolution = 8, Channels = 2, Multipliers = [1, 2], Blocks = 1, AttentionResolutions = [4], LatentChannels = 3, CodebookSize = 5, CodebookWidth = 7, NormGroups = 1,
        };
        const double Fine = 64, Coarse = 16;
        var multiplyAdds = (Fine * 9 * ((3 * 2) + (2 * 2) + (2 * 2))) // the first, and a block
            + (Coarse * 9 * 2 * 2) // halving
            + (Coarse * ((9 * 2 * 4) + (9 * 4 * 4) + (2 * 4))) // a block that widens
            + (2 * ((Coarse * 4 * 4 * 4) + (2 * Coarse * Coarse * 4))) // attention of the level and of the middle
            + (2 * 2 * Coarse * 9 * 4 * 4) // the middle's blocks
            + (Coarse * ((9 * 4 * 3) + (3 * 7)));

        Assert.Equal(2 * multiplyAdds, EncoderOperations.Count(config, 8, 8));
        Assert.Equal(2 * Coarse * 5 * 7, EncoderOperations.Nearest(config, 4, 4));
    }

    [Fact]
    public void OperationCount_OfKindsThatAreNotCounted_IsNull() => Assert.Null(OperationCount.Image(ClipPresets.Get("RN50")));

    [Fact]
    public void Spread_OfOddAndEven()
    {
        Assert.Equal(new Spread(2, 1, 9), Spread.Of([9, 1, 2]));
        Assert.Equal(new Spread(2.5, 1, 9), Spread.Of([9, 1, 2, 3]));
    }

    internal static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await CommandLine.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
