using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Vqgan;
using Pagoda.Tests.Formats.Checkpoints;
using Pagoda.Tests.Generation;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Vqgan;

public sealed class VqganLoaderTests : IDisposable
{
    /// <summary>Published shapes have 32 groups; the resolution follows from nothing, so that attention at the coarsest of three levels means 64 of 256.</summary>
    private static readonly VqganConfig Published = SmallVqgan.Config with { Channels = 32, NormGroups = 32, Resolution = 256, AttentionResolutions = [64] };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_WhatWasSaved_IsTheSameModel()
    {
        using var scope = new TensorScope();
        var config = SmallVqgan.Config with { NormEpsilon = 1e-5, CommitmentWeight = 0.2, LegacyCommitment = false };
        var model = SmallVqgan.Build(config: config);
        VqganSaver.Save(_folder.Path, model, new Dictionary<string, string> { ["step"] = "7" });
        using var loaded = VqganLoader.Load(_folder.Path, Device.Cpu);
        Assert.Equivalent(config, loaded.Model.Config);
        AssertSame(model, loaded.Model);
        Assert.Equal(LoadedVqgan.CodebookHashOf(model), loaded.CodebookHash);
        using var archive = CheckpointFile.Open(loaded.Path);
        Assert.Equal("7", archive.Metadata["step"]);
    }

    [Fact]
    public void Save_BesideAClip_LeavesBothInTheFolder()
    {
        using var scope = new TensorScope();
        var (model, clip) = (SmallVqgan.Build(), TinyClip.Model());
        VqganSaver.Save(_folder.Path, model);
        Pagoda.Models.Clip.ClipSaver.Save(_folder.Path, clip, TinyClip.Tokenizer);
        VqganSaver.Save(_folder.Path, model);
        using var loaded = VqganLoader.Load(_folder.Path, Device.Cpu);
        AssertSame(model, loaded.Model);
        using var loadedClip = Pagoda.Models.Clip.ClipLoader.Load(_folder.Path, Device.Cpu);
        Assert.Equal(16, loadedClip.Model.Config.EmbedDim);
    }

    [Fact]
    public void Save_Half_IsHalfTheSizeAndNear()
    {
        using var scope = new TensorScope();
        var model = SmallVqgan.Build();
        VqganSaver.Save(_folder.Path, model);
        var size = new FileInfo(_folder.File(VqganLoader.FileName)).Length;
        VqganSaver.Save(_folder.Path, model, type: ScalarType.Float16);
        Assert.InRange(new FileInfo(_folder.File(VqganLoader.FileName)).Length, size * 0.45, size * 0.75);
        using var loaded = VqganLoader.Load(_folder.Path, Device.Cpu);
        Assert.InRange((model.LastLayer - loaded.Model.LastLayer).Abs().Max().ToDouble(), 1e-9, 1e-3);
    }

    [Fact]
    public void Load_ATrainingCheckpointWithoutConfiguration_ReadsTheShapes()
    {
        using var scope = new TensorScope();
        var model = SmallVqgan.Build(config: Published);
        WriteTensors("last.ckpt", model, ("loss.discriminator.main.0.weight", [4, 3, 4, 4]));
        using var loaded = VqganLoader.Load(_folder.File("last.ckpt"), Device.Cpu);
        Assert.Equivalent(Published, loaded.Model.Config);
        AssertSame(model, loaded.Model);
    }

    [Fact]
    public void Load_WithAProjectFileBeside_TakesItsResolution()
    {
        using var scope = new TensorScope();
        WriteTensors("last.ckpt", SmallVqgan.Build(config: Published));
        File.WriteAllText(_folder.File("last.yaml"), Project(n_embed: Published.CodebookSize));
        using var loaded = VqganLoader.Load(_folder.File("last.ckpt"), Device.Cpu);
        Assert.Equal(64, loaded.Model.Config.Resolution);
        Assert.Equal([16], loaded.Model.Config.AttentionResolutions);
    }

    [Fact]
    public void Load_AProjectFileOfAnotherCodebook_SaysSo()
    {
        using var scope = new TensorScope();
        WriteTensors("last.ckpt", SmallVqgan.Build(config: Published));
        File.WriteAllText(_folder.File("last.yaml"), Project(n_embed: 1024));
        var problem = Assert.Throws<InvalidDataException>(() => VqganLoader.Load(_folder.File("last.ckpt"), Device.Cpu));
        Assert.Contains("1024 vectors", problem.Message);
        Assert.Contains("do not belong together", problem.Message);
    }

    [Fact]
    public void Load_AConfigurationOfAnotherCodebook_SaysSo()
    {
        using var scope = new TensorScope();
        VqganSaver.Save(_folder.Path, SmallVqgan.Build());
        VqganConfigFile.Write(_folder.File("config.json"), SmallVqgan.Config with { CodebookSize = 64 });
        var problem = Assert.Throws<InvalidDataException>(() => VqganLoader.Load(_folder.Path, Device.Cpu));
        Assert.Contains("says the codebook has 64 vectors", problem.Message);
    }

    [Fact]
    public void Load_WithinATransformersCheckpoint_FindsTheFirstStage()
    {
        using var scope = new TensorScope();
        var model = SmallVqgan.Build(config: Published);
        WriteTensors("transformer.ckpt", model, ("transformer.tok_emb.weight", [8, 8]), prefix: "first_stage_model.");
        using var loaded = VqganLoader.Load(_folder.File("transformer.ckpt"), Device.Cpu);
        AssertSame(model, loaded.Model);
    }

    [Fact]
    public void Load_AClip_SaysWhatItSeemsToBe()
    {
        using var scope = new TensorScope();
        var clip = Pagoda.Tests.Models.Clip.SmallClip.Build(Pagoda.Tests.Models.Clip.SmallClip.ViT);
        Pagoda.Models.Clip.ClipSaver.Save(_folder.Path, clip, TinyClip.Tokenizer);
        var problem = Assert.Throws<InvalidDataException>(() => VqganLoader.Load(_folder.Path, Device.Cpu));
        Assert.Contains("is no VQGAN: it seems to be a CLIP ViT", problem.Message);
    }

    [Fact]
    public void Load_AnAutoencoderWithoutCodebook_SaysSo()
    {
        using var scope = new TensorScope();
        var stem = Ops.Zeros([8, 3, 3, 3]);
        SafetensorsWriter.Write(_folder.File("kl.safetensors"), [new TensorToWrite("encoder.conv_in.weight", ScalarType.Float32, [8, 3, 3, 3], stem.ToBytes())]);
        Assert.Contains("no codebook", Assert.Throws<InvalidDataException>(() => VqganLoader.Load(_folder.File("kl.safetensors"), Device.Cpu)).Message);
    }

    [SharedFact("parity", "clipgen_vqgan.safetensors")]
    public void Load_ClipGensNames_GivesItsConstantsAndIsSavedUnderTheOtherNames()
    {
        using var scope = new TensorScope();
        using var fixture = CheckpointFile.Open(SharedFolder.File("parity", "clipgen_vqgan.safetensors"));
        SafetensorsWriter.Write(_folder.File("vqgan_coco.pt"), fixture.Entries.Where(entry => !entry.Key.StartsWith("fixture.", StringComparison.Ordinal))
            .Select(entry => new TensorToWrite(entry.Key, entry.Value.Type, entry.Value.Shape, fixture.ReadBytes(entry.Key))));
        using var loaded = VqganLoader.Load(_folder.File("vqgan_coco.pt"), Device.Cpu);
        var config = loaded.Model.Config;
        Assert.Equal((1e-5, 0.2, 64, 16, 32), (config.NormEpsilon, config.CommitmentWeight, config.CodebookSize, config.CodebookWidth, config.Channels));
        VqganSaver.Save(_folder.Path, loaded.Model);
        using var again = VqganLoader.Load(_folder.Path, Device.Cpu);
        Assert.Contains("decoder.mid.attn_1.q.weight", again.Model.Weights.StateDict.Keys);
        AssertSame(loaded.Model, again.Model);
    }

    private static string Project(int n_embed) => $"""
        model:
          target: taming.models.vqgan.VQModel
          params:
            embed_dim: 5
            n_embed: {n_embed}
            ddconfig:
              resolution: 64
              ch: 32
        """;

    private void WriteTensors(string name, VqganModel model, (string Name, long[] Shape)? beside = null, string prefix = "")
    {
        var tensors = model.Weights.StateDict.Select(pair => new TensorToWrite(prefix + pair.Key, ScalarType.Float32, pair.Value.Shape.ToArray(), pair.Value.ToBytes())).ToList();
        if (beside is { } more)
        {
            tensors.Add(new TensorToWrite(more.Name, ScalarType.Float32, more.Shape, Ops.Zeros(more.Shape).ToBytes()));
        }

        SafetensorsWriter.Write(_folder.File(name), tensors);
    }

    private static void AssertSame(VqganModel expected, VqganModel actual)
    {
        var images = SmallVqgan.Images(1);
        Assert.True(expected.EncodeTokens(images).Equal(actual.EncodeTokens(images)));
        Assert.True(expected.DecodeTokens(expected.EncodeTokens(images)).Equal(actual.DecodeTokens(expected.EncodeTokens(images))));
    }
}
