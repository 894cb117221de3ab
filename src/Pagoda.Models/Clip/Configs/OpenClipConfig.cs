using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pagoda.Models.Clip.Configs;

/// <summary>
/// open_clip's configurations: <c>{"model_cfg": {embed_dim, quick_gelu, vision_cfg, text_cfg}, "preprocess_cfg": {mean, std}}</c>,
/// or the inner object alone (mlfoundations/open_clip: src/open_clip/factory.py, src/open_clip/model.py, CLIPVisionCfg and
/// CLIPTextCfg). Pagoda's own add <c>residual_*</c>, and <c>convnext_*</c> for trunks that timm has no name for.
/// </summary>
internal static class OpenClipConfig
{
    public static ClipConfig Read(JsonFields root)
    {
        var model = root.Object("model_cfg") ?? root;
        var pictures = root.Object("preprocess_cfg");
        model.RefuseOthers("embed_dim", "quick_gelu", "vision_cfg", "text_cfg", "preprocess_cfg", "custom_text");
        var config = new ClipConfig
        {
            EmbedDim = model.Count("embed_dim"),
            QuickGelu = model.Flag("quick_gelu"),
            Vision = ReadVision(model.RequiredObject("vision_cfg")),
            Text = ReadText(model.RequiredObject("text_cfg")),
        };
        return config with
        {
            Mean = pictures?.Numbers("mean", 3) ?? config.Mean,
            Std = pictures?.Numbers("std", 3) ?? config.Std,
        };
    }

    public static void Write(Utf8JsonWriter json, ClipConfig config, IReadOnlyDictionary<string, JsonNode> beside)
    {
        json.WriteStartObject();
        json.WriteStartObject("model_cfg");
        json.WriteNumber("embed_dim", config.EmbedDim);
        if (config.QuickGelu)
        {
            json.WriteBoolean("quick_gelu", true);
        }

        json.WriteStartObject("vision_cfg");
        WriteVision(json, config.Vision);
        json.WriteEndObject();
        json.WriteStartObject("text_cfg");
        json.WriteNumber("context_length", config.Text.ContextLength);
        json.WriteNumber("vocab_size", config.Text.VocabularySize);
        json.WriteNumber("width", config.Text.Width);
        json.WriteNumber("heads", config.Text.Heads);
        json.WriteNumber("layers", config.Text.Layers);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("preprocess_cfg");
        WriteList(json, "mean", config.Mean);
        WriteList(json, "std", config.Std);
        json.WriteEndObject();
        foreach (var (key, value) in beside)
        {
            json.WritePropertyName(key);
            value.WriteTo(json);
        }

        json.WriteEndObject();
    }

    private static VisionConfig ReadVision(JsonFields cfg)
    {
        // Drop-out and the weights a trunk started from matter only to whoever trains it.
        cfg.RefuseOthers(
            "image_size", "layers", "width", "patch_size", "head_width", "mlp_ratio", "patch_dropout",
            "timm_model_name", "timm_pool", "timm_proj", "timm_drop", "timm_drop_path", "timm_model_pretrained",
            "convnext_layers", "convnext_width", "norm_eps", "residual_layers", "residual_width");
        var size = cfg.Side("image_size", 224);
        if (cfg.Has("residual_layers"))
        {
            return Stages(VisionArchitecture.Residual, cfg, "residual", size);
        }

        if (cfg.Has("timm_model_name") || cfg.Has("convnext_layers"))
        {
            var trunk = cfg.Text("timm_model_name") is { } name
                ? TimmConvNeXt.Find(name) ?? throw new InvalidDataException($"{cfg.At("timm_model_name")} is {name}; of timm's models Pagoda has {string.Join(", ", TimmConvNeXt.Names)}.")
                : Stages(VisionArchitecture.ConvNeXt, cfg, "convnext", size);
            return trunk with { ImageSize = size, Projection = ReadProjection(cfg), NormEpsilon = cfg.Number("norm_eps", trunk.NormEpsilon) };
        }

        var layers = cfg.Has("layers") ? cfg.Counts("layers") : [12];
        var config = new VisionConfig
        {
            Architecture = layers.Length == 1 ? VisionArchitecture.ViT : VisionArchitecture.ModifiedResNet,
            ImageSize = size,
            Layers = layers,
            Width = [cfg.Count("width", 768)],
            PatchSize = layers.Length == 1 ? cfg.Count("patch_size", 16) : 0,
            HeadWidth = cfg.Count("head_width", 64),
            MlpRatio = cfg.Number("mlp_ratio", 4),
        };
        return config.Layers.Length is 1 or 4
            ? config
            : throw new InvalidDataException($"{cfg.At("layers")} has {config.Layers.Length} numbers; a transformer has 1, a ResNet 4.");
    }

    private static VisionConfig Stages(VisionArchitecture architecture, JsonFields cfg, string family, int size)
    {
        var config = new VisionConfig
        {
            Architecture = architecture,
            ImageSize = size,
            Layers = cfg.Counts($"{family}_layers", least: 0),
            Width = cfg.Counts($"{family}_width"),
        };
        return config.Layers.Length == config.Width.Length
            ? config
            : throw new InvalidDataException($"{cfg.At($"{family}_layers")} has {config.Layers.Length} numbers and {family}_width {config.Width.Length}; each stage has one of both.");
    }

    private static ConvNeXtProjection ReadProjection(JsonFields cfg)
    {
        var pool = cfg.Text("timm_pool") ?? "avg";
        if (pool is not ("" or "avg"))
        {
            throw new InvalidDataException($"{cfg.At("timm_pool")} is {pool}, a variant of CLIP that Pagoda does not have.");
        }

        return (cfg.Text("timm_proj") ?? "linear") switch
        {
            "linear" => ConvNeXtProjection.Linear,
            "mlp" => ConvNeXtProjection.Mlp,
            "" or "none" => ConvNeXtProjection.TrunkClassifier,
            var other => throw new InvalidDataException($"{cfg.At("timm_proj")} is {other}; Pagoda has linear, mlp and none."),
        };
    }

    private static TextConfig ReadText(JsonFields cfg)
    {
        cfg.RefuseOthers("context_length", "vocab_size", "width", "heads", "layers", "mlp_ratio");
        return cfg.Number("mlp_ratio", 4) == 4
            ? new TextConfig
            {
                ContextLength = cfg.Count("context_length", 77),
                VocabularySize = cfg.Count("vocab_size", 49408),
                Width = cfg.Count("width", 512),
                Heads = cfg.Count("heads", 8),
                Layers = cfg.Count("layers", 12),
            }
            : throw new InvalidDataException($"{cfg.At("mlp_ratio")} is not 4, a variant of CLIP that Pagoda does not have.");
    }

    private static void WriteVision(Utf8JsonWriter json, VisionConfig config)
    {
        json.WriteNumber("image_size", config.ImageSize);
        switch (config.Architecture)
        {
            case VisionArchitecture.Residual:
                WriteList(json, "residual_layers", config.Layers);
                WriteList(json, "residual_width", config.Width);
                break;
            case VisionArchitecture.ConvNeXt when TimmConvNeXt.NameOf(config) is { } name:
                json.WriteString("timm_model_name", name);
                WriteProjection(json, config);
                break;
            case VisionArchitecture.ConvNeXt:
                WriteList(json, "convnext_layers", config.Layers);
                WriteList(json, "convnext_width", config.Width);
                json.WriteNumber("norm_eps", config.NormEpsilon);
                WriteProjection(json, config);
                break;
            case VisionArchitecture.ModifiedResNet:
                WriteList(json, "layers", config.Layers);
                json.WriteNumber("width", config.Width[0]);
                json.WriteNumber("head_width", config.HeadWidth);
                break;
            default:
                json.WriteNumber("layers", config.Layers[0]);
                json.WriteNumber("width", config.Width[0]);
                json.WriteNumber("head_width", config.HeadWidth);
                json.WriteNumber("mlp_ratio", config.MlpRatio);
                json.WriteNumber("patch_size", config.PatchSize);
                break;
        }
    }

    private static void WriteProjection(Utf8JsonWriter json, VisionConfig config)
    {
        json.WriteString("timm_pool", config.Projection == ConvNeXtProjection.TrunkClassifier ? "avg" : "");
        json.WriteString("timm_proj", config.Projection switch
        {
            ConvNeXtProjection.Linear => "linear",
            ConvNeXtProjection.Mlp => "mlp",
            _ => "",
        });
    }

    private static void WriteList(Utf8JsonWriter json, string name, int[] numbers)
    {
        json.WriteStartArray(name);
        Array.ForEach(numbers, json.WriteNumberValue);
        json.WriteEndArray();
    }

    private static void WriteList(Utf8JsonWriter json, string name, double[] numbers)
    {
        json.WriteStartArray(name);
        Array.ForEach(numbers, json.WriteNumberValue);
        json.WriteEndArray();
    }
}
