using System.Text.Json;
using Pagoda.Data.Scenes;
using Pagoda.Formats.Checkpoints;
using Pagoda.Models;
using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Evaluation.Benchmarks.Scenes;

/// <summary>What a reader sees in a picture: a number for each question of <see cref="SceneReader"/>.</summary>
/// <param name="Kind">How many of one thing, from 0 for one to 3 for four; 4 for two different things.</param>
/// <param name="Place">0 for no relation, 1 for left of, 2 for above.</param>
/// <param name="First">The first thing: the left or upper of two.</param>
/// <param name="Second">The second thing; the first again where there is none.</param>
/// <param name="FirstColor">The first thing's colour; the last number means its own.</param>
/// <param name="SecondColor">The second thing's colour.</param>
public sealed record SceneReading(int Kind, int Place, int First, int Second, int FirstColor, int SecondColor);

/// <summary>
/// A small network that reads a composed scene: how many things, which, in what colours, how they stand. It sees the whole picture and its four
/// halves with the same residual trunk, since the trunk's average over a picture forgets places.
/// </summary>
public sealed class SceneReader : IDisposable
{
    /// <summary>Width and height of the pictures it takes.</summary>
    public const int ImageSize = 64;

    /// <summary>The file's name in a folder that other models share.</summary>
    public const string FileName = "scene-reader.safetensors";

    private const int Pair = 4;
    private const int FeatureCount = 128;
    private const int Hidden = 384;
    private const string ThingsEntry = "things";
    private const string MadeEntry = "made";
    private static readonly VisionConfig s_trunk = new() { Architecture = VisionArchitecture.Residual, ImageSize = ImageSize, Layers = [0, 1, 1, 1], Width = [24, 48, 96, 192] };
    private readonly IImageTower _trunk;
    private readonly Linear _hidden;
    private readonly Linear[] _heads;

    /// <summary>Builds the network over weights.</summary>
    public SceneReader(Weights weights, IReadOnlyList<string> things)
    {
        (Weights, Things) = (weights, things);
        var colors = SceneQuestions.Colors.Count + 1;
        _trunk = new ResidualTower(weights["trunk"], s_trunk, FeatureCount);
        _hidden = new Linear(weights["hidden"], 5 * FeatureCount, Hidden);
        _heads = [.. new[] { Pair + 1, 3, things.Count, things.Count, colors, colors }.Select((classes, i) => new Linear(weights["heads"][i], Hidden, classes))];
    }

    /// <summary>The things that it knows.</summary>
    public IReadOnlyList<string> Things { get; }

    /// <summary>Its weights.</summary>
    public Weights Weights { get; }

    /// <summary>Scores for each head, of pictures <c>[N, 3, 64, 64]</c> in [0, 1].</summary>
    public IReadOnlyList<Tensor> Scores(Tensor pictures)
    {
        var x = (pictures - 0.5) / 0.5;
        const long Half = ImageSize / 2;
        Tensor[] parts = [x, x.Narrow(3, 0, Half), x.Narrow(3, Half, Half), x.Narrow(2, 0, Half), x.Narrow(2, Half, Half)];
        var hidden = _hidden.Forward(Ops.Cat([.. parts.Select(_trunk.Forward)], 1)).Silu();
        return [.. _heads.Select(head => head.Forward(hidden))];
    }

    /// <summary>Reads pictures <c>[N, 3, 64, 64]</c> in [0, 1].</summary>
    public IReadOnlyList<SceneReading> Read(Tensor pictures)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        long[][] found = [.. Scores(pictures).Select(scores => scores.Argmax(-1).ToArray<long>())];
        return [.. Enumerable.Range(0, (int)pictures.Size(0)).Select(i => new SceneReading((int)found[0][i], (int)found[1][i], (int)found[2][i], (int)found[3][i], (int)found[4][i], (int)found[5][i]))];
    }

    /// <summary>What is right to see in a scene.</summary>
    public SceneReading TruthOf(Scene scene)
    {
        var (one, two) = (scene.Objects[0], scene.Objects[^1]);
        return new SceneReading(scene.Relation == Relation.None ? scene.Objects.Count - 1 : Pair, (int)scene.Relation, Thing(one), Thing(two), Color(one), Color(two));

        int Thing(SceneObject thing) => Things.Index().First(pair => pair.Item == thing.Key).Index;
        static int Color(SceneObject thing) => thing.Recolor is { } color ? SceneQuestions.Colors.Index().First(pair => pair.Item == color).Index : SceneQuestions.Colors.Count;
    }

    /// <summary>Whether a picture, as it was read, shows what was asked.</summary>
    public bool IsRight(SceneQuestion question, SceneReading read)
    {
        var truth = TruthOf(question.Truth);
        return question.Task switch
        {
            // Either may stand anywhere.
            SceneTask.Color => ((read.First, read.FirstColor), (read.Second, read.SecondColor)) == ((truth.First, truth.FirstColor), (truth.Second, truth.SecondColor))
                || ((read.Second, read.SecondColor), (read.First, read.FirstColor)) == ((truth.First, truth.FirstColor), (truth.Second, truth.SecondColor)),
            SceneTask.Count => (read.Kind, read.First) == (truth.Kind, truth.First),
            _ => (read.Place, read.First, read.Second) == (truth.Place, truth.First, truth.Second),
        };
    }

    /// <summary>Writes the reader, in float16: its answers are the largest of scores, which rounding moves by far less than they lie apart.</summary>
    /// <param name="path">The file, replaced when it is there.</param>
    /// <param name="made">How it was trained.</param>
    /// <param name="average">Weights in place of the network's own.</param>
    public void Save(string path, string made, IReadOnlyDictionary<string, Tensor> average)
    {
        using var scope = new TensorScope();
        SafetensorsWriter.Write(
            path,
            Weights.StateDict.Select(pair => (pair.Key, Tensor: average.GetValueOrDefault(pair.Key) ?? pair.Value))
                .Select(item => new TensorToWrite(item.Key, ScalarType.Float16, item.Tensor.Shape.ToArray(), item.Tensor.Detach().To(ScalarType.Float16).ToBytes())),
            new Dictionary<string, string> { [ThingsEntry] = JsonSerializer.Serialize(Things), [MadeEntry] = made },
            overwrite: true);
    }

    /// <summary>Reads a reader back.</summary>
    /// <param name="path">The file.</param>
    /// <param name="made">How it has to have been trained; null for any way.</param>
    /// <returns>The reader; null where it was trained in another way.</returns>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no reader.</exception>
    public static SceneReader? Load(string path, string? made = null)
    {
        using var weights = new ArchiveWeights(CheckpointFile.Open(path));
        using var file = SafetensorsFile.Open(path);
        return !file.Metadata.TryGetValue(ThingsEntry, out var things) || JsonSerializer.Deserialize<string[]>(things) is not { Length: > 1 } names ? throw new InvalidDataException($"{path} does not say its things: it is no reader of scenes.")
            : made is not null && file.Metadata.GetValueOrDefault(MadeEntry) != made ? null
            : new SceneReader(Weights.Load(weights, LibTorch.DefaultDevice), names);
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
