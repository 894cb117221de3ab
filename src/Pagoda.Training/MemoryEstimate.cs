using Pagoda.Models.Clip;

namespace Pagoda.Training;

/// <summary>
/// About how much memory a run takes: weights, gradients, moments and averages, the activations that the backward pass
/// needs (counted layer by layer), the replay buffer, the batches that wait and what the data holds in memory. Of the
/// embedded model's runs it gave 0.84 to 1.0 of the peaks that were measured.
/// </summary>
/// <param name="Model">Bytes of weights, gradients, moments and the average.</param>
/// <param name="Activations">Bytes of what the towers hold at a time.</param>
/// <param name="Rest">Bytes of the program, the replay buffer, the batches that wait, caption features and the data.</param>
public sealed record MemoryEstimate(long Model, long Activations, long Rest)
{
    /// <summary>libtorch, its operators' tables and the .NET runtime: the peak of a run of a model of a few thousand numbers.</summary>
    private const long Program = 250_000_000;

    /// <summary>Gradients of activations, and what convolutions and products work in, beside each activation.</summary>
    private const double Backward = 1.5;

    /// <summary>All of it, in bytes.</summary>
    public long Bytes => Model + Activations + Rest;

    /// <summary>Estimates a run's memory.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="trained">Numbers that are trained.</param>
    /// <param name="frozen">Numbers that are not.</param>
    /// <param name="options">The run.</param>
    /// <param name="data">Bytes that the data holds.</param>
    /// <param name="ranks">Processes that train together.</param>
    /// <param name="autocast">Whether products run in bfloat16, which halves most activations.</param>
    public static MemoryEstimate Of(ClipConfig config, long trained, long frozen, TrainingOptions options, long data, int ranks, bool autocast)
    {
        var (energy, memory) = (options.Energy, options.Memory);
        var paints = options.Method == TrainingMethod.ClipJem;
        var own = options.Optimizer.Batch / ranks;
        long pixels = 3L * config.Vision.ImageSize * config.Vision.ImageSize;
        var batch = own + (paints ? energy.Negatives / ranks * (energy.Real == RealPictures.Own ? 2L : 1) : 0);
        var atOnce = memory.Chunk > 0 ? Math.Min(memory.Chunk, batch) : batch;
        var image = ImageActivations(config);
        if (memory.Checkpointing)
        {
            // What passes between segments, and one segment's own.
            image = (image / 8) + (image / Math.Max(1, Segments(config)));
        }

        var text = options.Model.FreezeText ? 2 * TextActivations(config) / config.Text.Layers : TextActivations(config);
        var activations = (atOnce * (image + text) * (autocast ? 0.6 : 1)) + (8 * pixels * batch);
        var model = (trained * (options.Optimizer.AverageDecay > 0 ? 5 : 4)) + frozen;
        var buffer = paints ? energy.Buffer * pixels * (energy.Real == RealPictures.Own ? 2L : 1) : 0;
        // Four batches wait prepared.
        var captions = options.Model.FreezeText ? memory.TextCache * 1_000_000L : 0;
        return new MemoryEstimate(4 * model, (long)(4 * Backward * activations), Program + data + captions + (4 * (buffer + (4L * own * pixels))));
    }

    /// <summary>Estimates the memory of a run that holds so many numbers for the backward pass.</summary>
    /// <param name="trained">Numbers that are trained.</param>
    /// <param name="options">The run.</param>
    /// <param name="activations">Numbers held at a time, in float32's size.</param>
    /// <param name="data">Bytes of the data and of the batches that wait.</param>
    internal static MemoryEstimate Of(long trained, TrainingOptions options, double activations, long data) => new(
        4 * trained * (options.Optimizer.AverageDecay > 0 ? 5 : 4), (long)(4 * Backward * activations), Program + data);

    private static int Segments(ClipConfig config) => config.Vision.Layers.Sum() + 2;

    /// <summary>Numbers that one picture leaves for the backward pass of the image tower.</summary>
    public static long ImageActivations(ClipConfig config)
    {
        var vision = config.Vision;
        return vision.Architecture switch
        {
            VisionArchitecture.ViT => ViT(vision),
            // Convolution, norm, two linear layers of four widths, GELU, scale and sum.
            VisionArchitecture.ConvNeXt => Stages(vision, firstStride: 4, perBlock: 15, perDown: 2),
            // Three convolutions with norm and activation, the last of four widths, and the sum.
            VisionArchitecture.ModifiedResNet => Stages(vision with { Width = Doubling(vision) }, firstStride: 4, perBlock: 23, perDown: 8),
            // Two norms, activations and convolutions, and the sum.
            _ => Stages(vision, firstStride: 2, perBlock: 7, perDown: 1),
        };
    }

    private static long TextActivations(ClipConfig config) =>
        Transformer(config.Text.ContextLength, config.Text.Width, config.Text.Layers, config.Text.Heads, 4);

    private static long ViT(VisionConfig vision)
    {
        var side = vision.ImageSize / Math.Max(1, vision.PatchSize);
        return Transformer((side * side) + 1, vision.Width[0], vision.Layers[0], Math.Max(1, vision.Width[0] / vision.HeadWidth), vision.MlpRatio);
    }

    /// <summary>Norms, query, key, value, attention, projections and sums are ten widths; the hidden layer counts twice, scores twice.</summary>
    private static long Transformer(long tokens, long width, long layers, long heads, double mlpRatio) =>
        layers * ((long)(tokens * width * (10 + (2 * mlpRatio))) + (2 * heads * tokens * tokens));

    private static long Stages(VisionConfig vision, int firstStride, int perBlock, int perDown)
    {
        long numbers = 0, side = vision.ImageSize / firstStride;
        for (var stage = 0; stage < vision.Width.Length; stage++, side /= 2)
        {
            var map = side * side * vision.Width[stage];
            numbers += map * (1 + perDown + (perBlock * (stage < vision.Layers.Length ? vision.Layers[stage] : 0)));
        }

        return numbers;
    }

    private static int[] Doubling(VisionConfig vision) => [.. vision.Layers.Select((_, stage) => vision.Width[0] << stage)];
}
