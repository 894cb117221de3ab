using Pagoda.Torch;

namespace Pagoda.Training.Learners;

/// <summary>What the shapes of networks over pictures have in common: all of their weights are trained, and nothing is computed twice to save memory.</summary>
internal abstract class PictureShape : ILearnerShape
{
    /// <summary>Outlines the network, which counts its weights without making them.</summary>
    /// <param name="model">What it is, in a few words.</param>
    /// <param name="imageSize">Side of its pictures.</param>
    /// <param name="options">Whether it begins from another.</param>
    /// <param name="build">Builds it over an outline.</param>
    protected PictureShape(string model, int imageSize, TrainingOptions options, Action<Weights> build)
    {
        using var scope = new TensorScope();
        var outline = Weights.Outline();
        build(outline);
        Trained = outline.Parameters.Values.Sum(tensor => tensor.Elements);
        ImageSize = imageSize;
        Model = $"{model}, {imageSize} x {imageSize}, {(options.Model.From.Length > 0 ? $"from {options.Model.From}" : "new")}";
    }

    public string Model { get; }

    public int ImageSize { get; }

    public long Trained { get; }

    public long Frozen => 0;

    public bool CanCheckpoint => false;

    public abstract MemoryEstimate Memory(TrainingOptions options, long data, int ranks, bool autocast);

    public abstract double? Operations(TrainingOptions options, int ranks);

    /// <summary>Pictures of this rank that are in the network at once.</summary>
    protected static int AtOnce(TrainingOptions options, int ranks)
    {
        var own = options.Optimizer.Batch / ranks;
        return options.Memory.Chunk > 0 ? Math.Min(options.Memory.Chunk, own) : own;
    }

    /// <summary>Bytes of this rank's batch, drawn and prefetched.</summary>
    protected long BatchBytes(TrainingOptions options, int ranks) => 16L * (options.Optimizer.Batch / ranks) * 3 * ImageSize * ImageSize;
}
