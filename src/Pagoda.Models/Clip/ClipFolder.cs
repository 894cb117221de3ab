using System.Text.Json;
using System.Text.Json.Serialization;
using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>A CLIP model in a folder of its own: <c>config.json</c>, <c>model.safetensors</c>, <c>tokenizer.json</c>.</summary>
public static class ClipFolder
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="InvalidDataException">The file is no configuration; the line is named.</exception>
    public static ClipConfig ReadConfig(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<ClipConfig>(File.ReadAllText(path), Format) ?? throw new InvalidDataException($"{path} is empty.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path}, line {error.LineNumber + 1}: {error.Message}", error);
        }
    }

    /// <summary>Loads a folder that <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">A file is missing or does not fit the others.</exception>
    public static (ClipModel Model, ClipTokenizer Tokenizer) Load(string folder, Device device)
    {
        var config = ReadConfig(Path.Combine(folder, "config.json"));
        using var source = new ArchiveWeights(SafetensorsFile.Open(Path.Combine(folder, "model.safetensors")));
        var weights = Weights.Load(source, device);
        var model = new ClipModel(weights, config);
        weights.ThrowIfUnexpected();
        return (model, ClipTokenizer.FromTokenizerJson(Path.Combine(folder, "tokenizer.json")));
    }

    /// <summary>Writes the three files, replacing what is there.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="average">Weights to write in place of the model's own, by name.</param>
    /// <param name="type">The type to write floating-point weights in.</param>
    public static void Save(
        string folder, ClipModel model, ClipTokenizer tokenizer, IReadOnlyDictionary<string, Tensor>? average = null, ScalarType type = ScalarType.Float32)
    {
        Directory.CreateDirectory(folder);
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var tensors = model.Weights.StateDict.Select(pair =>
        {
            var tensor = average?.GetValueOrDefault(pair.Key) ?? pair.Value;
            tensor = tensor.Type.IsFloatingPoint() ? tensor.To(type) : tensor;
            return new TensorToWrite(pair.Key, tensor.Type, tensor.Shape.ToArray(), tensor.ToBytes());
        });
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors, overwrite: true);
        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(model.Config, Format) + "\n");
        tokenizer.SaveTokenizerJson(Path.Combine(folder, "tokenizer.json"));
    }
}
