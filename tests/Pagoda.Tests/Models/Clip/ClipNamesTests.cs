using Pagoda.Models;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Clip;

public class ClipNamesTests
{
    [Fact]
    public void Unify_HuggingFacesNames_GivesTheSameFeatures()
    {
        using var scope = new TensorScope();
        var model = SmallClip.Build(SmallClip.ViT);
        var theirs = HuggingFace(model.Weights.StateDict);
        theirs["text_model.embeddings.position_ids"] = Ops.Arange(12);
        AssertSameFeatures(model, new TensorDictionary(theirs));
    }

    [Fact]
    public void Unify_TextTowerOfItsOwn_GivesTheSameFeatures()
    {
        using var scope = new TensorScope();
        var model = SmallClip.Build(SmallClip.ConvNeXt);
        var theirs = model.Weights.StateDict.ToDictionary(
            pair => pair.Key.StartsWith("visual.", StringComparison.Ordinal) || pair.Key == "logit_scale" ? pair.Key : $"text.{pair.Key}", pair => pair.Value);
        theirs["text.attn_mask"] = Ops.Zeros([12, 12]);
        AssertSameFeatures(model, new TensorDictionary(theirs));
    }

    [Fact]
    public void Unify_TensorOfNoKnownName_IsStillSeen()
    {
        using var scope = new TensorScope();
        var theirs = HuggingFace(SmallClip.Build(SmallClip.ViT).Weights.StateDict);
        theirs["vision_model.extra.weight"] = Ops.Zeros([1]);
        var weights = Weights.Load(ClipNames.Unify(new TensorDictionary(theirs)), Device.Cpu);
        _ = new ClipModel(weights, SmallClip.ViT);
        Assert.Contains("vision_model.extra.weight", Assert.Throws<InvalidDataException>(weights.ThrowIfUnexpected).Message);
    }

    [Fact]
    public void RenamedWeights_PartMissing_HasNoSuchTensor()
    {
        using var scope = new TensorScope();
        var source = new TensorDictionary(new Dictionary<string, Tensor> { ["q"] = Ops.Zeros([2, 3]) });
        var renamed = new RenamedWeights(source, new Dictionary<string, StoredAs> { ["qk"] = new(["q", "k"]), ["t"] = new(["q"], Transposed: true) });
        Assert.Null(renamed.Shape("qk"));
        Assert.Null(renamed.Shape("q"));
        Assert.Equal(new long[] { 3, 2 }, renamed.Shape("t"));
    }

    private static void AssertSameFeatures(ClipModel model, IWeightSource theirs)
    {
        var weights = Weights.Load(ClipNames.Unify(theirs), Device.Cpu);
        var other = new ClipModel(weights, model.Config);
        weights.ThrowIfUnexpected();
        var images = SmallClip.Images(model.Config);
        var tokens = SmallClip.Tokens(model.Config);
        Assert.True(model.EncodeImage(images).Equal(other.EncodeImage(images)));
        Assert.True(model.EncodeText(tokens).Equal(other.EncodeText(tokens)));
    }

    /// <summary>Written out by hand from huggingface/transformers' modeling_clip.py, not from the map under test.</summary>
    private static Dictionary<string, Tensor> HuggingFace(IReadOnlyDictionary<string, Tensor> ours)
    {
        var theirs = new Dictionary<string, Tensor>
        {
            ["logit_scale"] = ours["logit_scale"],
            ["text_model.embeddings.token_embedding.weight"] = ours["token_embedding.weight"],
            ["text_model.embeddings.position_embedding.weight"] = ours["positional_embedding"],
            ["text_model.final_layer_norm.weight"] = ours["ln_final.weight"],
            ["text_model.final_layer_norm.bias"] = ours["ln_final.bias"],
            ["text_projection.weight"] = ours["text_projection"].Transpose(0, 1).Contiguous(),
            ["vision_model.embeddings.class_embedding"] = ours["visual.class_embedding"],
            ["vision_model.embeddings.patch_embedding.weight"] = ours["visual.conv1.weight"],
            ["vision_model.embeddings.position_embedding.weight"] = ours["visual.positional_embedding"],
            ["vision_model.pre_layrnorm.weight"] = ours["visual.ln_pre.weight"],
            ["vision_model.pre_layrnorm.bias"] = ours["visual.ln_pre.bias"],
            ["vision_model.post_layernorm.weight"] = ours["visual.ln_post.weight"],
            ["vision_model.post_layernorm.bias"] = ours["visual.ln_post.bias"],
            ["visual_projection.weight"] = ours["visual.proj"].Transpose(0, 1).Contiguous(),
        };
        foreach (var (tower, blocks) in new[] { ("text_model", "transformer"), ("vision_model", "visual.transformer") })
        {
            for (var i = 0; i < 2; i++)
            {
                var to = $"{tower}.encoder.layers.{i}";
                var from = $"{blocks}.resblocks.{i}";
                foreach (var kind in new[] { "weight", "bias" })
                {
                    var parts = ours[$"{from}.attn.in_proj_{kind}"].Chunk(3, 0);
                    theirs[$"{to}.self_attn.q_proj.{kind}"] = parts[0].Contiguous();
                    theirs[$"{to}.self_attn.k_proj.{kind}"] = parts[1].Contiguous();
                    theirs[$"{to}.self_attn.v_proj.{kind}"] = parts[2].Contiguous();
                    theirs[$"{to}.self_attn.out_proj.{kind}"] = ours[$"{from}.attn.out_proj.{kind}"];
                    theirs[$"{to}.layer_norm1.{kind}"] = ours[$"{from}.ln_1.{kind}"];
                    theirs[$"{to}.layer_norm2.{kind}"] = ours[$"{from}.ln_2.{kind}"];
                    theirs[$"{to}.mlp.fc1.{kind}"] = ours[$"{from}.mlp.c_fc.{kind}"];
                    theirs[$"{to}.mlp.fc2.{kind}"] = ours[$"{from}.mlp.c_proj.{kind}"];
                }
            }
        }

        return theirs;
    }
}
