namespace Pagoda.Models.Clip.Configs;

/// <summary>
/// Hugging Face's <c>config.json</c> of a CLIPModel. Such files leave out what equals the defaults of the classes
/// (huggingface/transformers: src/transformers/models/clip/configuration_clip.py), whose numbers are here therefore.
/// </summary>
internal static class HuggingFaceConfig
{
    /// <param name="root">The file.</param>
    /// <param name="pictures">The fields of <c>preprocessor_config.json</c>, if it is there.</param>
    public static ClipConfig Read(JsonFields root, JsonFields? pictures)
    {
        // The older *_config_dict override their newer namesakes.
        var text = root.RequiredObject("text_config").Under(root.Object("text_config_dict"));
        var vision = root.RequiredObject("vision_config").Under(root.Object("vision_config_dict"));
        var quick = IsQuick(text);
        if (quick != IsQuick(vision))
        {
            throw new InvalidDataException($"{text.At("hidden_act")} and that of vision_config differ, a variant of CLIP that Pagoda does not have.");
        }

        var width = vision.Count("hidden_size", 768);
        var heads = vision.Count("num_attention_heads", 12);
        if (width % heads != 0)
        {
            throw new InvalidDataException($"{vision.At("num_attention_heads")} is {heads}, which does not divide hidden_size {width}.");
        }

        var config = new ClipConfig
        {
            EmbedDim = root.Count("projection_dim", 512),
            QuickGelu = quick,
            Vision = new VisionConfig
            {
                Architecture = VisionArchitecture.ViT,
                ImageSize = vision.Side("image_size", 224),
                PatchSize = vision.Count("patch_size", 32),
                Layers = [vision.Count("num_hidden_layers", 12)],
                Width = [width],
                HeadWidth = width / heads,
                MlpRatio = Ratio(vision.Count("intermediate_size", 3072), width),
            },
            Text = new TextConfig
            {
                ContextLength = text.Count("max_position_embeddings", 77),
                VocabularySize = text.Count("vocab_size", 49408),
                Width = text.Count("hidden_size", 512),
                Heads = text.Count("num_attention_heads", 8),
                Layers = text.Count("num_hidden_layers", 12),
            },
        };
        foreach (var tower in new[] { text, vision })
        {
            if (tower.Number("layer_norm_eps", 1e-5) != 1e-5)
            {
                throw new InvalidDataException($"{tower.At("layer_norm_eps")} is not 1e-5, a variant of CLIP that Pagoda does not have.");
            }
        }

        if (text.Count("intermediate_size", 2048) != 4 * config.Text.Width)
        {
            throw new InvalidDataException($"{text.At("intermediate_size")} is not 4 x hidden_size, a variant of CLIP that Pagoda does not have.");
        }

        return config with
        {
            Mean = pictures?.Numbers("image_mean", 3) ?? config.Mean,
            Std = pictures?.Numbers("image_std", 3) ?? config.Std,
        };
    }

    /// <summary>The number that, times the width and rounded down, gives the hidden width.</summary>
    private static double Ratio(int hidden, int width)
    {
        var ratio = hidden / (double)width;
        return (long)(ratio * width) < hidden ? Math.BitIncrement(ratio) : ratio;
    }

    private static bool IsQuick(JsonFields tower) => (tower.Text("hidden_act") ?? "quick_gelu") switch
    {
        "quick_gelu" => true,
        "gelu" => false,
        var other => throw new InvalidDataException($"{tower.At("hidden_act")} is {other}; Pagoda has quick_gelu and gelu."),
    };
}
