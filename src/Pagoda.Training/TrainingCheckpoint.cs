using System.Globalization;
using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Training;

/// <summary>
/// Everything a run needs to go on bit for bit: weights, averages, optimiser, the objective's own state, the random
/// generators and the data's position, in one safetensors file that is replaced as a whole.
/// </summary>
internal static class TrainingCheckpoint
{
    public const string FileName = "checkpoint.safetensors";

    /// <summary>What the names of the model's weights begin with.</summary>
    public const string Model = "model.";

    public static void Write(string path, IEnumerable<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string> facts)
    {
        using var scope = new TensorScope();
        SafetensorsWriter.Write(
            path,
            tensors.Select(item => new TensorToWrite(item.Name, item.Tensor.Type, item.Tensor.Shape.ToArray(), item.Tensor.ToBytes())),
            facts,
            overwrite: true);
    }

    /// <summary>Reads a tensor by name, or null: what <c>Restore</c> methods take.</summary>
    public static Func<string, Tensor?> Reader(ITensorArchive archive, string prefix) => name =>
        archive.Entries.TryGetValue(prefix + name, out var entry)
            ? Tensor.FromBytes(archive.ReadBytes(prefix + name), entry.Type, entry.Shape)
            : null;

    public static long Number(ITensorArchive archive, string fact) =>
        archive.Metadata.TryGetValue(fact, out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new InvalidDataException($"{archive.Path} is no checkpoint of a training run: it does not say its {fact}.");

    /// <summary>Puts saved weights into a model's.</summary>
    /// <exception cref="InvalidDataException">One is missing or has another shape.</exception>
    public static void ReadWeights(ITensorArchive archive, IReadOnlyDictionary<string, Tensor> weights)
    {
        foreach (var (name, tensor) in weights)
        {
            if (!archive.Entries.TryGetValue(Model + name, out var entry) || !tensor.Shape.SequenceEqual(entry.Shape))
            {
                throw new InvalidDataException(
                    $"{archive.Path} has {(entry is null ? "no weight" : "another shape for the weight")} {name}: the run was begun with another model; name another folder.");
            }

            tensor.Copy_(Reader(archive, Model)(name)!);
        }
    }
}
