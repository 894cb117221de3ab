using System.Text.RegularExpressions;
using Pagoda.Formats.Checkpoints;

namespace Pagoda.Models.Catalogue;

/// <summary>Says in a few words which network a checkpoint's names and shapes are those of.</summary>
public static partial class ArchitectureSketch
{
    /// <summary>
    /// For example "CLIP ViT-32, width 768, 12 layers, 224 pixels; text width 512, 12 layers; embedding 512". The names are those of
    /// OpenAI, open_clip, timm, Hugging Face, taming and CLIP-GEN; <see langword="null"/> when they fit none.
    /// </summary>
    public static string? Describe(IReadOnlyDictionary<string, TensorEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        return Clip(entries) ?? HuggingFaceClip(entries) ?? Vqgan(entries) ?? Gpt(entries) ?? Inception(entries);
    }

    private static string? Clip(IReadOnlyDictionary<string, TensorEntry> entries)
    {
        string image;
        if (Shape(entries, "visual.conv1.weight") is [var width, _, var patch, _] && entries.ContainsKey("visual.class_embedding"))
        {
            var pixels = Shape(entries, "visual.positional_embedding") is [var tokens, _] ? (long)Math.Round(Math.Sqrt(tokens - 1)) * patch : 0;
            image = $"CLIP ViT-{patch}, width {width}, {Layers(entries, ImageBlock())} layers, {pixels} pixels";
        }
        else if (Shape(entries, "visual.layer1.0.conv1.weight") is not null)
        {
            var stages = Enumerable.Range(1, 4).Select(stage => Layers(entries, new Regex($@"^visual\.layer{stage}\.(\d+)\.")));
            image = $"CLIP ResNet with {string.Join("-", stages)} blocks";
        }
        else if (Shape(entries, "visual.trunk.stem.0.weight") is [var stem, ..])
        {
            var stages = Enumerable.Range(0, 4).Select(stage => Layers(entries, new Regex($@"^visual\.trunk\.stages\.{stage}\.blocks\.(\d+)\.")));
            image = $"CLIP ConvNeXt, width {stem}, {string.Join("-", stages)} blocks";
        }
        else
        {
            return null;
        }

        var prefix = entries.ContainsKey("text.token_embedding.weight") ? "text." : "";
        if (Shape(entries, prefix + "token_embedding.weight") is [_, var textWidth])
        {
            image += $"; text width {textWidth}, {Layers(entries, new Regex($@"^{Regex.Escape(prefix)}transformer\.resblocks\.(\d+)\."))} layers";
        }

        return Shape(entries, prefix + "text_projection") is [_, var embedding] ? $"{image}; embedding {embedding}" : image;
    }

    private static string? HuggingFaceClip(IReadOnlyDictionary<string, TensorEntry> entries) =>
        Shape(entries, "vision_model.embeddings.patch_embedding.weight") is [var width, _, var patch, _]
            ? $"CLIP ViT-{patch} with Hugging Face's names, width {width}, {Layers(entries, HuggingFaceBlock())} layers"
            : null;

    private static string? Vqgan(IReadOnlyDictionary<string, TensorEntry> entries) =>
        (Shape(entries, "quantize.embedding.weight") ?? Shape(entries, "quantize.embed.weight") ?? Shape(entries, "quantizer.embedding.weight")) is [var codes, var size]
            ? $"VQGAN, {codes} codes of {size} numbers"
            : null;

    private static string? Gpt(IReadOnlyDictionary<string, TensorEntry> entries) =>
        Shape(entries, "tok_emb.weight") is [var vocabulary, var width]
            ? $"GPT, {vocabulary} tokens, width {width}, {Layers(entries, GptBlock())} layers"
            : null;

    private static string? Inception(IReadOnlyDictionary<string, TensorEntry> entries) =>
        Shape(entries, "Conv2d_1a_3x3.conv.weight") is not null && Shape(entries, "fc.weight") is [var classes, _]
            ? $"Inception-v3 with {classes} classes"
            : null;

    private static long[]? Shape(IReadOnlyDictionary<string, TensorEntry> entries, string name) =>
        entries.TryGetValue(name, out var entry) ? entry.Shape : null;

    private static int Layers(IReadOnlyDictionary<string, TensorEntry> entries, Regex block) =>
        entries.Keys.Select(name => block.Match(name)).Where(match => match.Success).Select(match => match.Groups[1].Value).Distinct().Count();

    [GeneratedRegex(@"^visual\.transformer\.resblocks\.(\d+)\.")]
    private static partial Regex ImageBlock();

    [GeneratedRegex(@"^vision_model\.encoder\.layers\.(\d+)\.")]
    private static partial Regex HuggingFaceBlock();

    [GeneratedRegex(@"^blocks\.(\d+)\.")]
    private static partial Regex GptBlock();
}
