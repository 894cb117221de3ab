using System.Text.Json.Nodes;
using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Gpt;
using Pagoda.Tests.Data;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Gpt;

public sealed class GptLoaderTests
{
    [Fact]
    public void Load_WhatWasSaved_IsTheSameModel()
    {
        using var scope = new TensorScope();
        using var folder = new TemporaryFolder();
        var model = TinyGpt.Model();
        File.WriteAllText(Path.Combine(folder.Path, "config.json"), """{"vision_cfg": {"width": 8}}""");
        GptSaver.Save(folder.Path, model);

        using var loaded = GptLoader.Load(folder.Path, Device.Cpu);

        Assert.Equal(model.Config, loaded.Model.Config);
        Assert.Equal(64, loaded.Hash.Length);
        var (tokens, condition) = (TinyGpt.Tokens(2, 9), TinyGpt.Condition(2));
        Assert.Equal(0, TinyGpt.Difference(model.Forward(tokens, condition), loaded.Model.Forward(tokens, condition)));
        // What other models of the folder say about themselves stays.
        Assert.Equal(8, JsonNode.Parse(File.ReadAllText(Path.Combine(folder.Path, "config.json")))!["vision_cfg"]!["width"]!.GetValue<int>());
    }

    [Fact]
    public void Load_ClipGensNames_InfersAllButTheHeads()
    {
        using var scope = new TensorScope();
        using var folder = new TemporaryFolder();
        var model = TinyGpt.Model();
        var tensors = model.Weights.StateDict.ToDictionary(pair => "module." + pair.Key, pair => pair.Value);
        tensors["module.blocks.0.mask"] = Ops.Ones([9, 9]);
        var path = Write(folder, tensors);

        using var loaded = GptLoader.Load(path, Device.Cpu, new GptLoadOptions { Heads = 2 });

        Assert.Equal(model.Config with { Dropout = 0, ConditionDropout = 0 }, loaded.Model.Config);
        Assert.Contains("give --heads", Assert.Throws<InvalidDataException>(() => GptLoader.Load(path, Device.Cpu)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TamingsTrainingCheckpoint_IsTheSameNetwork()
    {
        using var scope = new TensorScope();
        using var folder = new TemporaryFolder();
        var model = TinyGpt.Model(4, TinyGpt.Config with { ConditionWidth = 0, HeadBias = false, Unmasked = 3, Dropout = 0, ConditionDropout = 0 });
        var path = Write(folder, Taming(model));

        using var loaded = GptLoader.Load(path, Device.Cpu, new GptLoadOptions { Heads = 2 });

        Assert.Equal(model.Config, loaded.Model.Config);
        var tokens = TinyGpt.Tokens(2, 9);
        Assert.Equal(0, TinyGpt.Difference(model.Continue(tokens), loaded.Model.Continue(tokens)));
    }

    [Theory]
    [InlineData("encoder.conv_in.weight", "seems to be a VQGAN")]
    [InlineData("visual.conv1.weight", "seems to be a CLIP model")]
    [InlineData("transformer.wte.weight", "a GPT over words")]
    [InlineData("fc.weight", "it has tensors such as fc.weight")]
    public void Load_AnotherKind_SaysWhatItSeemsToBe(string name, string sentence)
    {
        using var scope = new TensorScope();
        using var folder = new TemporaryFolder();
        var path = Write(folder, new() { [name] = Ops.Ones([4, 4]) });

        var problem = Assert.Throws<InvalidDataException>(() => GptLoader.Load(path, Device.Cpu));

        Assert.Contains(sentence, problem.Message, StringComparison.Ordinal);
        Assert.Contains(path, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_MissingTensor_NamesIt()
    {
        using var scope = new TensorScope();
        using var folder = new TemporaryFolder();
        var tensors = TinyGpt.Model().Weights.StateDict.Where(pair => pair.Key != "blocks.1.encoder.linear2.bias").ToDictionary();

        var path = Write(folder, tensors);

        var problem = Assert.Throws<InvalidDataException>(() => GptLoader.Load(path, Device.Cpu, new GptLoadOptions { Heads = 2 }));
        Assert.Contains("blocks.1.encoder.linear2.bias", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FolderWithout_SaysSo()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("no gpt.safetensors", Assert.Throws<FileNotFoundException>(() => GptLoader.Load(folder.Path, Device.Cpu)).Message, StringComparison.Ordinal);
    }

    /// <summary>The model's weights under taming's names, beside a tokenizer's, with its masks.</summary>
    private static Dictionary<string, Tensor> Taming(GptModel model)
    {
        var tensors = new Dictionary<string, Tensor> { ["first_stage_model.encoder.conv_in.weight"] = Ops.Ones([1]) };
        foreach (var (name, tensor) in model.Weights.StateDict)
        {
            var taming = "transformer." + name.Replace("encoder.norm", "ln", StringComparison.Ordinal).Replace("encoder.self_attn.out_proj", "attn.proj", StringComparison.Ordinal)
                .Replace("encoder.linear1", "mlp.0", StringComparison.Ordinal).Replace("encoder.linear2", "mlp.2", StringComparison.Ordinal);
            taming = taming.Replace("transformer.norm.", "transformer.ln_f.", StringComparison.Ordinal);
            if (!taming.Contains("in_proj", StringComparison.Ordinal))
            {
                tensors[taming] = tensor;
                continue;
            }

            var thirds = tensor.Chunk(3, 0);
            for (var i = 0; i < 3; i++)
            {
                tensors[taming.Replace("encoder.self_attn.in_proj_", $"attn.{new[] { "query", "key", "value" }[i]}.", StringComparison.Ordinal)] = thirds[i];
            }
        }

        for (var layer = 0; layer < model.Config.Layers; layer++)
        {
            var mask = Ops.Ones([9, 9]).Tril();
            mask.Narrow(0, 0, model.Config.Unmasked).Narrow(1, 0, model.Config.Unmasked).Fill_(1);
            tensors[$"transformer.blocks.{layer}.attn.mask"] = mask.View([1, 1, 9, 9]);
        }

        return tensors;
    }

    private static string Write(TemporaryFolder folder, Dictionary<string, Tensor> tensors)
    {
        var path = Path.Combine(folder.Path, "some.safetensors");
        SafetensorsWriter.Write(path, tensors.Select(pair => new TensorToWrite(pair.Key, pair.Value.Type, pair.Value.Shape.ToArray(), pair.Value.ToBytes())));
        return path;
    }
}
