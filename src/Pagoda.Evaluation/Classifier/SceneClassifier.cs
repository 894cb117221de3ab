using System.Text.Json;
using Pagoda.Formats.Checkpoints;
using Pagoda.Models;
using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Evaluation.Classifier;

/// <summary>
/// A small residual network that names the emoji in a scene: what Inception's classifier is to photographs, for pictures of
/// 64 x 64 pixels. It shares neither weights nor captions with the models that paint; it can begin from the image tower of the CLIP
/// that judges beside it, since a thousand names from nothing take more pictures than a laptop draws in minutes.
/// </summary>
public sealed class SceneClassifier : IDisposable
{
    /// <summary>Width and height of the pictures it takes, in pixels.</summary>
    public const int ImageSize = 64;

    /// <summary>Numbers of the layer below the names, which distances between sets of pictures are taken in.</summary>
    public const int FeatureCount = 128;

    private const string ClassesEntry = "classes";
    private const string Trunk = "trunk.";

    // As configs/emoji/judge-model.json.
    private static readonly VisionConfig s_trunk = new()
    {
        Architecture = VisionArchitecture.Residual, ImageSize = ImageSize, Layers = [0, 1, 1, 1], Width = [24, 48, 128, 256],
    };

    private readonly IImageTower _trunk;
    private readonly Linear _head;

    /// <summary>Builds the network over weights; names <c>trunk.*</c> as an image tower has them, and <c>head</c>.</summary>
    public SceneClassifier(Weights weights, IReadOnlyList<string> classes)
    {
        (Weights, Classes) = (weights, classes);
        _trunk = new ResidualTower(weights["trunk"], s_trunk, FeatureCount);
        _head = new Linear(weights["head"], FeatureCount, classes.Count);
    }

    /// <summary>What it can name.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Its weights.</summary>
    public Weights Weights { get; }

    /// <summary>Takes the image tower of a CLIP as the trunk to begin from.</summary>
    /// <param name="clip">A CLIP of the architecture in <c>configs/emoji/judge-model.json</c>.</param>
    /// <exception cref="InvalidDataException">It has another architecture.</exception>
    public void BeginFrom(ClipModel clip)
    {
        using var frozen = GradMode.Disable();
        foreach (var (name, tensor) in Weights.StateDict.Where(pair => pair.Key.StartsWith(Trunk, StringComparison.Ordinal)))
        {
            var from = clip.Weights.StateDict.GetValueOrDefault($"visual.{name[Trunk.Length..]}");
            if (from is null || !from.Shape.SequenceEqual(tensor.Shape))
            {
                throw new InvalidDataException($"The classifier cannot begin from this CLIP: its image tower has {(from is null ? "no" : "another shape of")} {name[Trunk.Length..]}; configs/emoji/judge-model.json has the right one.");
            }

            tensor.Copy_(from);
        }
    }

    /// <summary>Pictures <c>[N, 3, 64, 64]</c> in [0, 1] to the layer below the names, <c>[N, 128]</c>.</summary>
    public Tensor Features(Tensor pictures) => _trunk.Forward((pictures - 0.5) / 0.5);

    /// <summary>The layer below the names <c>[N, 128]</c> to a score for each class, <c>[N, classes]</c>.</summary>
    public Tensor Scores(Tensor features) => _head.Forward(features);

    /// <summary>Reads a classifier that <see cref="Save"/> wrote.</summary>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no classifier.</exception>
    public static SceneClassifier Load(string path) => Load(path, LibTorch.DefaultDevice);

    /// <summary>Reads a classifier that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <param name="device">Where its weights shall live.</param>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no classifier.</exception>
    public static SceneClassifier Load(string path, Device device)
    {
        using var weights = new ArchiveWeights(CheckpointFile.Open(path));
        using var file = SafetensorsFile.Open(path);
        return file.Metadata.TryGetValue(ClassesEntry, out var classes) && JsonSerializer.Deserialize<string[]>(classes) is { Length: > 0 } names
            ? new SceneClassifier(Weights.Load(weights, device), names)
            : throw new InvalidDataException($"{path} does not say its classes: it is no classifier of scenes; make one with ./run compare.");
    }

    /// <summary>Writes weights under the network's names with the classes.</summary>
    /// <param name="path">The file, replaced when it is there.</param>
    /// <param name="average">Weights to write in place of the network's own.</param>
    public void Save(string path, IReadOnlyDictionary<string, Tensor>? average = null)
    {
        using var scope = new TensorScope();
        SafetensorsWriter.Write(
            path,
            Weights.StateDict.Select(pair => (pair.Key, Tensor: average?.GetValueOrDefault(pair.Key) ?? pair.Value))
                .Select(item => new TensorToWrite(item.Key, item.Tensor.Type, item.Tensor.Shape.ToArray(), item.Tensor.ToBytes())),
            new Dictionary<string, string> { [ClassesEntry] = JsonSerializer.Serialize(Classes) },
            overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Weights.StateDict.Values)
        {
            tensor.Dispose();
        }
    }
}
