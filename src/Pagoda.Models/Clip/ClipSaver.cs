using System.Text.Json;
using System.Text.Json.Nodes;
using Pagoda.Models.Clip.Configs;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>
/// Writes CLIP models as folders: <c>model.safetensors</c> with OpenAI's and open_clip's names, <c>config.json</c> in the
/// form of open_clip's, <c>tokenizer.json</c> in the form of Hugging Face's.
/// </summary>
public static class ClipSaver
{
    /// <summary>Entries of <c>config.json</c> that are not the CLIP model's own: how it paints, and the models that share the folder.</summary>
    private static readonly string[] OfOthers = ["recipe", "paint", "vqgan", "gpt", "diffusion", "captioner"];

    /// <summary>Writes a model, replacing one that is there file by file; what its <c>config.json</c> says of painting and of other models in the folder stays there.</summary>
    /// <param name="folder">Where to; created when missing.</param>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="type">float32, float16 or bfloat16, for all but single numbers, which stay as they are.</param>
    /// <param name="average">Weights to write in place of the model's own, by name; those it lacks are the model's.</param>
    /// <param name="metadata">Strings to keep in the safetensors file.</param>
    /// <param name="trainedBy">The method that trained it, such as <c>clip-jem</c>: kept in <c>config.json</c> as <c>{"training": {"method": …}}</c>, from which its way of painting follows.</param>
    /// <exception cref="ArgumentException">The type is none of the three.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Save(
        string folder,
        ClipModel model,
        ClipTokenizer tokenizer,
        ScalarType type = ScalarType.Float32,
        IReadOnlyDictionary<string, Tensor>? average = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        string? trainedBy = null)
    {
        StoredWeights.Check(type);
        Directory.CreateDirectory(folder);
        var config = Path.Combine(folder, "config.json");
        ClipConfigFile.Write(config, model.Config, Beside(config, trainedBy));
        tokenizer.SaveTokenizerJson(Path.Combine(folder, "tokenizer.json"));
        StoredWeights.Write(Path.Combine(folder, "model.safetensors"), model.Weights.StateDict, type, average, metadata);
    }

    private static Dictionary<string, JsonNode> Beside(string config, string? trainedBy)
    {
        var beside = new Dictionary<string, JsonNode>();
        foreach (var (name, value) in Kept(config))
        {
            beside[name] = value;
        }

        if (trainedBy is not null)
        {
            beside["training"] = new JsonObject { ["method"] = trainedBy };
        }

        return beside;
    }

    /// <summary>What a file that is there says of other things than the CLIP model itself.</summary>
    private static IEnumerable<(string Name, JsonNode Value)> Kept(string config)
    {
        JsonObject? root = null;
        try
        {
            root = File.Exists(config) ? JsonNode.Parse(File.ReadAllBytes(config)) as JsonObject : null;
        }
        catch (JsonException)
        {
            // It is replaced by one that can be read.
        }

        return OfOthers.Where(name => root?[name] is not null).Select(name => (name, root![name]!.DeepClone()));
    }
}
