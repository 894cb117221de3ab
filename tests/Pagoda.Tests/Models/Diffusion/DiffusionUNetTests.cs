using System.Text.Json;
using Pagoda.Models.Diffusion;
using Pagoda.Tests.Data;
using Pagoda.Tests.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Diffusion;

/// <summary>The U-Net, against numbers that openai/guided-diffusion gave for weights and pictures made by a formula.</summary>
public sealed class DiffusionUNetTests : IDisposable
{
    private static readonly JsonElement s_theirs = JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(SharedFolder.RepositoryRoot, "tests", "Pagoda.Tests", "Models", "Diffusion", "guided-diffusion.json"))).RootElement;

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, DiffusionConfig> Shapes => new()
    {
        { "residual", new DiffusionConfig { Resolution = 16, Channels = 32, Multipliers = [1, 2], Blocks = 2, AttentionFactors = [2], HeadChannels = 16 } },
        {
            "plain", new DiffusionConfig
            {
                Resolution = 16, Channels = 32, Multipliers = [1, 2, 2], Blocks = 1, AttentionFactors = [1, 4], HeadChannels = 0, Heads = 2, ScaleShift = false, ResidualResampling = false, LearnedVariance = false,
            }
        },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_IsTheReferences(string name, DiffusionConfig config)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var model = ByFormula(config);
        Assert.Equal(s_theirs.GetProperty(name).GetProperty("names").GetInt32(), model.Weights.StateDict.Count);

        var x = Tensor.From([.. Enumerable.Range(0, 2 * 3 * 16 * 16).Select(i => (float)Math.Sin(0.37 * i))], 2, 3, 16, 16);
        var (noise, variance) = model.Forward(x, Tensor.From([3f, 700f]));
        var ours = (variance is null ? noise : Ops.Cat([noise, variance], 1)).Contiguous().ToArray<float>();

        float[] theirs = [.. s_theirs.GetProperty(name).GetProperty("values").EnumerateArray().Select(value => value.GetSingle())];
        var largest = theirs.Max(Math.Abs);
        Assert.All(theirs.Zip(Enumerable.Range(0, theirs.Length)), pair => Assert.Equal(pair.First, ours[7 * pair.Second], 1e-4 * largest));
    }

    [Theory]
    [InlineData("linear", NoiseKind.Linear)]
    [InlineData("cosine", NoiseKind.Cosine)]
    public void Schedule_IsTheReferences(string name, NoiseKind kind)
    {
        var schedule = new NoiseSchedule(new DiffusionConfig { Noise = kind });
        var theirs = s_theirs.GetProperty(name).EnumerateArray().Select(value => value.GetDouble()).ToList();
        Assert.All(theirs.Zip(Enumerable.Range(0, theirs.Count)), pair => Assert.Equal(1, schedule.Kept[111 * pair.Second] / pair.First, 1e-9));
    }

    [Fact]
    public void Schedule_OfFewerTimes_KeepsTheEnds()
    {
        var schedule = new NoiseSchedule(new DiffusionConfig(), 25);
        Assert.Equal((25, 0, 999), (schedule.Count, schedule.Times[0], schedule.Times[^1]));
        Assert.Equal(1, schedule.KeptBefore(0));
        Assert.All(Enumerable.Range(1, 24), at => Assert.InRange(schedule.PosteriorVariance(at), 0, schedule.Beta(at)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NoiseSchedule(new DiffusionConfig(), 1001));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Load_WithAConfigurationOrWithout_IsTheSameNetwork(string name, DiffusionConfig config)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var model = ByFormula(config);
        DiffusionSaver.Save(_folder.File(name), model);
        using var loaded = DiffusionLoader.Load(_folder.File(name), Device.Cpu);
        Assert.Equal(config, loaded.Model.Config with { Multipliers = config.Multipliers, AttentionFactors = config.AttentionFactors });
        Assert.Equal(config.Multipliers, loaded.Model.Config.Multipliers);
        Assert.Equal(config.AttentionFactors, loaded.Model.Config.AttentionFactors);

        File.Delete(_folder.File($"{name}/config.json"));
        var bare = _folder.File("16x16_uncond.safetensors");
        File.Move(_folder.File($"{name}/{DiffusionLoader.FileName}"), bare);
        using var inferred = DiffusionLoader.Load(bare, Device.Cpu);
        // Heads leave no trace in the shapes.
        var expected = config with { HeadChannels = config.HeadChannels == 0 ? 0 : 64, Heads = 4, Multipliers = inferred.Model.Config.Multipliers, AttentionFactors = inferred.Model.Config.AttentionFactors };
        Assert.Equal(expected, inferred.Model.Config);
        Assert.Equal(config.Multipliers, inferred.Model.Config.Multipliers);
        Assert.Equal(config.AttentionFactors, inferred.Model.Config.AttentionFactors);
    }

    /// <summary>The shapes of the published unconditional checkpoints (openai/guided-diffusion: README.md).</summary>
    [Theory]
    [InlineData(256, 256, new[] { 1.0, 1, 2, 2, 4, 4 }, 2, new[] { 8, 16, 32 })]
    [InlineData(512, 256, new[] { 0.5, 1, 1, 2, 2, 4, 4 }, 2, new[] { 16, 32, 64 })]
    [InlineData(64, 192, new[] { 1.0, 2, 3, 4 }, 3, new[] { 2, 4, 8 })]
    public void Infer_PublishedShapes(int side, int channels, double[] multipliers, int blocks, int[] attention)
    {
        using var scope = new TensorScope();
        var config = new DiffusionConfig { Resolution = side, Channels = channels, Multipliers = multipliers, Blocks = blocks, AttentionFactors = attention };
        var outline = Weights.Outline();
        _ = new DiffusionUNet(outline, config);

        var inferred = DiffusionShapes.Infer(new TensorDictionary(outline.StateDict), $"{side}x{side}_diffusion_uncond.pt");

        Assert.Equal((side, channels, blocks), (inferred.Resolution, inferred.Channels, inferred.Blocks));
        Assert.Equal(multipliers, inferred.Multipliers);
        Assert.Equal(attention, inferred.AttentionFactors);
        Assert.True(inferred.ScaleShift && inferred.ResidualResampling && inferred.LearnedVariance);
    }

    [Fact]
    public void Load_SomethingElse_SaysWhat()
    {
        var problem = Assert.Throws<InvalidDataException>(() => DiffusionLoader.Load(Path.Combine(SharedFolder.RepositoryRoot, "models", "emoji", "model.safetensors"), Device.Cpu));
        Assert.Contains("is no denoising network", problem.Message, StringComparison.Ordinal);
    }

    private static DiffusionUNet ByFormula(DiffusionConfig config)
    {
        var model = new DiffusionUNet(Weights.Initialize(1, Device.Cpu), config);
        foreach (var ((name, weight), k) in model.Weights.StateDict.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select((pair, k) => (pair, k)))
        {
            var matrix = weight.Dimensions > 1;
            var size = matrix ? 1 / Math.Sqrt(weight.Elements / weight.Size(0)) : 0.1;
            var origin = !matrix && name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0;
            weight.Copy_(Tensor.From([.. Enumerable.Range(0, (int)weight.Elements).Select(j => (float)(origin + (size * Math.Sin((0.7 * j * (1 + (0.01 * k))) + k))))]).View(weight.Shape));
        }

        return model;
    }
}
