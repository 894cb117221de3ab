using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>The names that CLIP's weights have in checkpoints of other programs, mapped to OpenAI's and open_clip's.</summary>
internal static class ClipNames
{
    /// <summary>Sees a checkpoint through OpenAI's names, whichever of the known ones it has.</summary>
    public static IWeightSource Unify(IWeightSource source) =>
        IsHuggingFace(source.Names) ? FromHuggingFace(source)
            : source.Shape("text.token_embedding.weight") is not null ? FromCustomText(source)
            : source;

    /// <summary>Whether the names are those of Hugging Face's CLIPModel.</summary>
    public static bool IsHuggingFace(IEnumerable<string> names) => names.Contains("text_model.embeddings.token_embedding.weight");

    /// <summary>
    /// Hugging Face's CLIPModel (huggingface/transformers: src/transformers/models/clip/modeling_clip.py): query, key and
    /// value have a matrix each, projections are linear layers and so transposed. "layrnorm" is spelled so there.
    /// </summary>
    public static RenamedWeights FromHuggingFace(IWeightSource source)
    {
        var map = new Dictionary<string, StoredAs>
        {
            ["token_embedding.weight"] = As("text_model.embeddings.token_embedding.weight"),
            ["positional_embedding"] = As("text_model.embeddings.position_embedding.weight"),
            ["ln_final.weight"] = As("text_model.final_layer_norm.weight"),
            ["ln_final.bias"] = As("text_model.final_layer_norm.bias"),
            ["text_projection"] = new(["text_projection.weight"], Transposed: true),
            ["visual.class_embedding"] = As("vision_model.embeddings.class_embedding"),
            ["visual.conv1.weight"] = As("vision_model.embeddings.patch_embedding.weight"),
            ["visual.positional_embedding"] = As("vision_model.embeddings.position_embedding.weight"),
            ["visual.ln_pre.weight"] = As("vision_model.pre_layrnorm.weight"),
            ["visual.ln_pre.bias"] = As("vision_model.pre_layrnorm.bias"),
            ["visual.ln_post.weight"] = As("vision_model.post_layernorm.weight"),
            ["visual.ln_post.bias"] = As("vision_model.post_layernorm.bias"),
            ["visual.proj"] = new(["visual_projection.weight"], Transposed: true),
        };
        AddLayers(source, map, "text_model.encoder.layers", "transformer.resblocks");
        AddLayers(source, map, "vision_model.encoder.layers", "visual.transformer.resblocks");
        return new RenamedWeights(source, map, ["text_model.embeddings.position_ids", "vision_model.embeddings.position_ids"]);
    }

    /// <summary>open_clip's CustomTextCLIP keeps the text tower below <c>text.</c> (src/open_clip/model.py).</summary>
    public static RenamedWeights FromCustomText(IWeightSource source) => new(
        source,
        source.Names.Where(name => name.StartsWith("text.", StringComparison.Ordinal)).ToDictionary(name => name["text.".Length..], As));

    private static void AddLayers(IWeightSource source, Dictionary<string, StoredAs> map, string theirs, string ours)
    {
        for (var i = 0; source.Shape($"{theirs}.{i}.layer_norm1.weight") is not null; i++)
        {
            foreach (var kind in new[] { "weight", "bias" })
            {
                string From(string name) => $"{theirs}.{i}.{name}.{kind}";
                string To(string name) => $"{ours}.{i}.{name}";
                map[To($"ln_1.{kind}")] = As(From("layer_norm1"));
                map[To($"attn.in_proj_{kind}")] = new([From("self_attn.q_proj"), From("self_attn.k_proj"), From("self_attn.v_proj")]);
                map[To($"attn.out_proj.{kind}")] = As(From("self_attn.out_proj"));
                map[To($"ln_2.{kind}")] = As(From("layer_norm2"));
                map[To($"mlp.c_fc.{kind}")] = As(From("mlp.fc1"));
                map[To($"mlp.c_proj.{kind}")] = As(From("mlp.fc2"));
            }
        }
    }

    private static StoredAs As(string name) => new([name]);
}
