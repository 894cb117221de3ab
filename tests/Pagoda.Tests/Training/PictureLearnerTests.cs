using Pagoda.Data;
using Pagoda.Formats.Checkpoints;
using Pagoda.Formats.Images;
using Pagoda.Models.Captioner;
using Pagoda.Models.Diffusion;
using Pagoda.Models.Gpt;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;
using Pagoda.Training;
using Pagoda.Training.Tokens;

namespace Pagoda.Tests.Training;

/// <summary>VQGANs and transformers in training: what learns from pictures alone.</summary>
[Trait("Host", "small")]
public sealed class PictureLearnerTests : IDisposable
{
    private readonly TinyTraining _tiny = new();

    public PictureLearnerTests() => _tiny.WriteVqganAndClip();

    [Theory]
    [InlineData("vqgan", "vqgan.restart_every=2", "vqgan.safetensors")]
    [InlineData("gpt", "gpt.dropout=0.1", "gpt.safetensors")]
    [InlineData("diffusion", "diffusion.cosine=false", "diffusion.safetensors")]
    [InlineData("captioner", "memory.chunk=3", "captioner.safetensors")]
    public void Train_StoppedAndStartedAgain_EndsWithTheSameBytes(string method, string setting, string model)
    {
        var options = _tiny.Options(method, 11, setting);
        _tiny.Run(options, "whole");
        _tiny.Run(options, "stopped", stopAfter: 5);
        _tiny.Run(options, "stopped");
        foreach (var file in new[] { "checkpoint.safetensors", model, "config.json" })
        {
            Assert.True(_tiny.Bytes($"whole/{file}").AsSpan().SequenceEqual(_tiny.Bytes($"stopped/{file}")), $"{file} differs");
        }
    }

    [Fact]
    public void Train_Vqgan_ReconstructsBetterAndBetter()
    {
        var reports = _tiny.Run(_tiny.Options("vqgan", 150, "optimizer.learning_rate=0.004", "vqgan.restart_every=5", "vqgan.discriminator_start=-1", "vqgan.legacy_commitment=false"), "run");
        double Reconstruction(int step) => reports[step].Figures.Single(figure => figure.Name == "reconstruction").Value;
        Assert.True(Reconstruction(149) < 0.4 * Reconstruction(0), $"{Reconstruction(0)} to {Reconstruction(149)}");

        // The model in the folder is the one that was trained.
        using var loaded = VqganLoader.Load(_tiny.File("run"), Device.Cpu);
        Assert.Equal((32, 4, 2), (loaded.Model.Config.CodebookSize, loaded.Model.Config.CodebookWidth, loaded.Model.Config.Factor));
    }

    [Fact]
    public void Train_Gpt_LearnsFourPictures()
    {
        var reports = _tiny.Run(_tiny.Options("gpt", 160, "optimizer.learning_rate=0.02", "gpt.embedding_loss=0", "gpt.condition_noise=0", "gpt.condition_dropout=0"), "run");
        double Likelihood(int step) => reports[step].Figures.Single(figure => figure.Name == "likelihood").Value;
        Assert.True(Likelihood(159) < 0.6 * Likelihood(0), $"{Likelihood(0)} to {Likelihood(159)}");
        using var loaded = GptLoader.Load(_tiny.File("run"), Device.Cpu);
        Assert.Equal((16, 32, 8), (loaded.Model.Config.BlockSize, loaded.Model.Config.VocabularySize, loaded.Model.Config.ConditionWidth));
    }

    [Fact]
    public void Train_Diffusion_LearnsToSeeNoise()
    {
        var reports = _tiny.Run(_tiny.Options("diffusion", 120, "optimizer.learning_rate=0.004", "watch.every=120", "watch.pictures=4"), "run");
        Assert.True(reports.Skip(100).Average(report => report.Loss) < 0.5 * reports[0].Loss, $"{reports[0].Loss} to {reports[^1].Loss}");
        using var loaded = DiffusionLoader.Load(_tiny.File("run"), Device.Cpu);
        Assert.Equal((16, 8, 50, NoiseKind.Cosine), (loaded.Model.Config.Resolution, loaded.Model.Config.Channels, loaded.Model.Config.Steps, loaded.Model.Config.Noise));
    }

    [Fact]
    public void Train_Captioner_LearnsWhichWordsBelongToAPicture()
    {
        var reports = _tiny.Run(_tiny.Options("captioner", 120, "optimizer.learning_rate=0.01", "watch.every=120", "watch.pictures=8", $"captioner.tokenizer={_tiny.File("clip")}"), "run");
        // Each picture has one of four captions: what is left is to tell the picture.
        Assert.True(reports[^1].Loss < 0.1 && reports[0].Loss > 3, $"{reports[0].Loss} to {reports[^1].Loss}");
        using var loaded = CaptionerLoader.Load(_tiny.File("run"), Device.Cpu);
        using var scope = new TensorScope();
        var pictures = Ops.Cat([Pixels(220, 30, 30), Pixels(40, 60, 220)]);
        Assert.Equal(["red square", "blue square"], loaded.Caption(pictures));
        Assert.Contains("(true: ", System.Text.Encoding.UTF8.GetString(_tiny.Bytes("run/watch/captions-000120.txt")), StringComparison.Ordinal);

        static Tensor Pixels(byte r, byte g, byte b) => Tensor.From(TinyTraining.Square(r, g, b, 3).ToPlanes(), 1, 3, TinyTraining.Size, TinyTraining.Size);
    }

    /// <summary>The mean is over tokens, however the pictures are divided.</summary>
    [Fact]
    public void Train_CaptionerInChunks_HasTheLossOfTheWhole()
    {
        var whole = _tiny.Run(_tiny.Options("captioner", 3), "whole");
        var parts = _tiny.Run(_tiny.Options("captioner", 3, "memory.chunk=3"), "parts");
        Assert.All(whole.Zip(parts), pair => Assert.Equal(pair.First.Loss, pair.Second.Loss, 4));
    }

    [Theory]
    [InlineData("captioner.heads=3", "3 heads do not divide a width of 16")]
    [InlineData("captioner.trunk_blocks=1", "2 stages and numbers of blocks for 1")]
    [InlineData("captioner.trunk_blocks=a,b", "captioner.trunk_blocks is \"a,b\"")]
    [InlineData("captioner.tokenizer=nowhere", "captioner.tokenizer is nowhere")]
    public void Open_CaptionerThatCannotBe_SaysWhy(string setting, string sentence)
    {
        var error = Assert.Throws<InvalidDataException>(() => _tiny.Run(_tiny.Options("captioner", 2, setting), "run"));
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_Gpt_TheEmbeddingLossReachesTheWeights()
    {
        var with = _tiny.Run(_tiny.Options("gpt", 2), "with");
        var without = _tiny.Run(_tiny.Options("gpt", 2, "gpt.embedding_loss=0"), "without");
        Assert.Contains(with[0].Figures, figure => figure.Name == "embedding" && figure.Value > 0);
        Assert.DoesNotContain(without[0].Figures, figure => figure.Name == "embedding");
        Assert.NotEqual(with[0].Figures.Single(f => f.Name == "gradient_norm").Value, without[0].Figures.Single(f => f.Name == "gradient_norm").Value);
    }

    /// <summary>Captions that cannot be read hinder what reads captions, and nothing else.</summary>
    [Theory]
    [InlineData("vqgan")]
    [InlineData("gpt")]
    [InlineData("diffusion")]
    public void Train_FromPicturesAlone_ReadsNoCaption(string method)
    {
        for (var i = 0; i < 8; i++)
        {
            var picture = PictureFile.EncodePng(TinyTraining.Square((byte)(30 * i), 90, 160, 3));
            _tiny.Write($"bare/{i}.png", "");
            File.WriteAllBytes(_tiny.File($"bare/{i}.png"), picture);
            File.WriteAllBytes(_tiny.File($"bare/{i}.txt"), [0xff, 0xfe, 0xff]);
        }

        _tiny.Write("bare/captions.csv", "no table of captions");
        string[] data = ["data.folder=" + _tiny.File("bare")];
        Assert.Equal(3, _tiny.Run(_tiny.Options(method, 3, data), "run").Count);
        Assert.Throws<DataException>(() => _tiny.Run(_tiny.Options("contrastive", 3, data), "captioned"));
    }

    [Fact]
    public void Train_DecoderOnly_LeavesTheTokens()
    {
        _tiny.Run(_tiny.Options("vqgan", 3, "vqgan.restart_every=1"), "first");
        _tiny.Run(_tiny.Options("vqgan", 5, $"model.from={_tiny.File("first")}", "vqgan.decoder_only=true", "vqgan.restart_every=1", "vqgan.discriminator_start=2"), "second");
        using var first = SafetensorsFile.Open(_tiny.File("first/vqgan.safetensors"));
        using var second = SafetensorsFile.Open(_tiny.File("second/vqgan.safetensors"));
        var changed = first.Entries.Keys.Where(name => !first.ReadBytes(name).SequenceEqual(second.ReadBytes(name))).Select(name => name.Split('.')[0]).Distinct();
        Assert.Equal(["decoder", "post_quant_conv"], changed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Train_CodesThatNothingChooses_AreMovedToTheData()
    {
        // New codes lie within 1/32 of zero; pictures' latents do not.
        _tiny.Run(_tiny.Options("vqgan", 2, "vqgan.restart_every=1", "vqgan.restart_until=1", "optimizer.learning_rate=1e-9", "optimizer.average_decay=0"), "restarted");
        _tiny.Run(_tiny.Options("vqgan", 2, "optimizer.learning_rate=1e-9", "optimizer.average_decay=0"), "left");
        Assert.True(Spread("restarted") > 3 * Spread("left"), $"{Spread("restarted")} and {Spread("left")}");

        float Spread(string folder)
        {
            using var archive = SafetensorsFile.Open(_tiny.File($"{folder}/vqgan.safetensors"));
            using var scope = new TensorScope();
            var entry = archive.Entries["quantize.embedding.weight"];
            return Tensor.FromBytes(archive.ReadBytes("quantize.embedding.weight"), entry.Type, entry.Shape).Abs().Max().ToArray<float>()[0];
        }
    }

    [Fact]
    public void Train_OnPreparedTokens_IsTrainingOnThePictures()
    {
        // Whole pictures: nothing is drawn but the order.
        string[] same = ["data.smallest_crop=1", "gpt.dropout=0"];
        var options = _tiny.Options("gpt", 6, same);
        TokenPreparation.Run(options, _tiny.File("tokens"), 16, perFile: 6, batch: 4, _ => { }, default);
        var kept = File.GetLastWriteTimeUtc(_tiny.File("tokens/tokens-00001.safetensors"));
        File.Delete(_tiny.File("tokens/tokens-00002.safetensors"));
        TokenPreparation.Run(options, _tiny.File("tokens"), 16, perFile: 6, batch: 4, _ => { }, default);
        Assert.Equal(kept, File.GetLastWriteTimeUtc(_tiny.File("tokens/tokens-00001.safetensors")));

        var prepared = _tiny.Options("gpt", 6, [.. same, "data.folder=", $"data.tokens={_tiny.File("tokens")}"]);
        _tiny.Run(prepared, "prepared");
        // An epoch is two batches of eight: its mean does not depend on the order, while the weights hardly move.
        var still = new[] { "optimizer.learning_rate=1e-9", "gpt.condition_noise=0", "gpt.condition_dropout=0" };
        double Epoch(string name, string[] data) => _tiny.Run(_tiny.Options("gpt", 2, [.. same, .. still, .. data]), name).Average(report => report.Loss);
        Assert.Equal(Epoch("pictures", []), Epoch("tokens-run", ["data.folder=", $"data.tokens={_tiny.File("tokens")}"]), 4);

        _tiny.Run(prepared, "stopped", stopAfter: 3);
        _tiny.Run(prepared, "stopped");
        Assert.Equal(_tiny.Bytes("prepared/checkpoint.safetensors"), _tiny.Bytes("stopped/checkpoint.safetensors"));

        var other = Assert.Throws<InvalidDataException>(() => _tiny.Run(_tiny.Options("gpt", 2, ["gpt.resolution=12", "data.folder=", $"data.tokens={_tiny.File("tokens")}"]), "other"));
        Assert.Contains("16 tokens a picture", other.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt.heads=3", "gpt.heads is 3, which does not divide gpt.width, 16")]
    [InlineData("gpt.clip=", "gpt.clip names no CLIP")]
    [InlineData("gpt.resolution=18", "gpt.resolution is 18, no multiple of 4")]
    public void Open_GptThatCannotBe_SaysWhy(string setting, string sentence)
    {
        var error = Assert.Throws<InvalidDataException>(() => _tiny.Run(_tiny.Options("gpt", 2, setting), "run"));
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vqgan.multipliers=1,two", "vqgan.multipliers is \"1,two\"")]
    [InlineData("vqgan.norm_groups=3", "8 channels do not divide into 3 groups")]
    [InlineData("vqgan.resolution=17", "the resolution 17 is no multiple of 2")]
    public void Open_VqganThatCannotBe_SaysWhy(string setting, string sentence)
    {
        var error = Assert.Throws<InvalidDataException>(() => _tiny.Run(_tiny.Options("vqgan", 2, setting), "run"));
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _tiny.Dispose();
}
