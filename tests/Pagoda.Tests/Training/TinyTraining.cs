using Pagoda.Formats.Images;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Configs;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Models.Vqgan;
using Pagoda.Tests.Data;
using Pagoda.Torch;
using Pagoda.Training;

namespace Pagoda.Tests.Training;

/// <summary>A folder with pictures of four kinds, a model of a few thousand numbers and a run of a few milliseconds a step.</summary>
internal sealed class TinyTraining : IDisposable
{
    public const int Size = 16;

    private readonly TemporaryFolder _folder = new();

    public TinyTraining()
    {
        (string Name, byte R, byte G, byte B)[] kinds = [("red square", 220, 30, 30), ("green square", 40, 180, 60), ("blue square", 40, 60, 220), ("white square", 250, 250, 250)];
        foreach (var (name, r, g, b) in kinds)
        {
            for (var i = 0; i < 4; i++)
            {
                _folder.Write($"pictures/{name.Replace(' ', '_')}/{i}.png", PictureFile.EncodePng(Square(r, g, b, 2 + i)));
            }
        }

        ClipConfigFile.Write(File("config.json"), Config);
    }

    public static ClipConfig Config { get; } = new()
    {
        EmbedDim = 8,
        Vision = new VisionConfig { Architecture = VisionArchitecture.Residual, ImageSize = Size, Layers = [0, 1], Width = [8, 16] },
        Text = new TextConfig { ContextLength = 8, VocabularySize = 520, Width = 16, Heads = 2, Layers = 1 },
        Mean = [0.5, 0.5, 0.5],
        Std = [0.5, 0.5, 0.5],
    };

    public string Path => _folder.Path;

    public static ClipModel Model(ulong seed = 3)
    {
        var model = new ClipModel(Weights.Initialize(seed, Device.Cpu), Config);
        model.Weights.SetTrainable("", true);
        return model;
    }

    /// <summary>A VQGAN of a few thousand numbers in the folder <c>vqgan</c>, and the model in <c>clip</c>: what a transformer is trained on.</summary>
    public void WriteVqganAndClip()
    {
        VqganSaver.Save(File("vqgan"), new VqganModel(Weights.Initialize(5, Device.Cpu), new VqganConfig
        {
            Resolution = Size, Channels = 8, Multipliers = [1, 2, 2], Blocks = 1, AttentionResolutions = [], LatentChannels = 8, CodebookSize = 32, CodebookWidth = 4, NormGroups = 4,
        }));
        ClipSaver.Save(File("clip"), Model(), BpeTrainer.Train(["red square", "green square"], 520));
    }

    /// <summary>Pictures <c>[count, 3, 16, 16]</c> and token rows <c>[count, 8]</c>, made up.</summary>
    public static (Tensor Images, Tensor Tokens) Batch(int count)
    {
        Generator.Seed(11);
        var tokens = Ops.Randint(0, 500, [count, 8]);
        // The end token is the largest of its row.
        tokens.Narrow(1, 7, 1).Fill_(519);
        return (Ops.Rand([count, 3, Size, Size]), tokens);
    }

    public string File(string name) => _folder.File(name);

    public string Write(string name, string content) => _folder.Write(name, content);

    /// <summary>Writes a run's YAML file.</summary>
    public string Yaml(string method, int steps, string more = "", string? data = null) => Write($"{method}.yaml", $"""
        method: {method}
        model:
          {(method is "vqgan" or "gpt" or "diffusion" or "captioner" ? "from: ''" : $"config: {File("config.json")}")}
          vocabulary_size: 520
        data:
          {data ?? $"folder: {File("pictures")}"}
        attack:
          radius: 0.5
        vqgan:
          resolution: {Size}
          channels: 8
          multipliers: 1,2
          blocks: 1
          attention: 8
          codebook: 32
          codebook_width: 4
          latent_channels: 8
          norm_groups: 4
          perceptual_weight: 0
          discriminator_start: 2
          discriminator_channels: 4
          discriminator_layers: 1
        gpt:
          vqgan: {File("vqgan")}
          clip: {File("clip")}
          resolution: {Size}
          layers: 2
          width: 16
          heads: 2
          dropout: 0
          condition_dropout: 0.2
          condition_noise: 0.3
          embedding_loss: 0.2
        diffusion:
          resolution: {Size}
          channels: 8
          multipliers: 1,2
          blocks: 1
          attention: 2
          head_channels: 8
          norm_groups: 4
          steps: 50
        captioner:
          resolution: {Size}
          trunk_widths: 8,16
          trunk_blocks: 0,1
          width: 16
          layers: 2
          heads: 2
          context_length: 12
        energy:
          negatives: 6
          buffer: 12
          steps: 2
          max_age: 5
          sampler: gradient
          step_size: 0.9
        optimizer:
          steps: {steps}
          batch: 8
          warm_up: 3
        device: cpu
        log_every: 1
        save_every: 3
        {more}
        """);

    public TrainingOptions Options(string method, int steps, params string[] settings) => TrainingConfigFile.Read(Yaml(method, steps), settings);

    /// <summary>Runs to the end, or to a step.</summary>
    public List<TrainingReport> Run(TrainingOptions options, string folder, long stopAfter = long.MaxValue, bool force = false, Action<string>? note = null)
    {
        using var cancel = new CancellationTokenSource();
        using var trainer = TrainingRun.Open(options, File(folder), force);
        var reports = new List<TrainingReport>();
        trainer.Run(
            report =>
            {
                reports.Add(report);
                if (report.Step >= stopAfter)
                {
                    cancel.Cancel();
                }
            },
            cancel.Token, note: note);
        return reports;
    }

    public byte[] Bytes(string name) => System.IO.File.ReadAllBytes(File(name));

    public void Dispose() => _folder.Dispose();

    public static Picture Square(byte r, byte g, byte b, int margin)
    {
        var pixels = new byte[Size * Size * 3];
        for (var y = 0; y < Size; y++)
        {
            for (var x = 0; x < Size; x++)
            {
                var inside = x >= margin && x < Size - margin && y >= margin && y < Size - margin;
                (pixels[(y * Size + x) * 3], pixels[(y * Size + x) * 3 + 1], pixels[(y * Size + x) * 3 + 2]) = inside ? (r, g, b) : ((byte)128, (byte)128, (byte)128);
            }
        }

        return new Picture(Size, Size, 3, pixels);
    }
}
