using Pagoda.Models.Clip;

namespace Pagoda.Training;

/// <summary>
/// About how much memory a run takes: weights, gradients, moments and averages, the activations that the backward pass
/// needs (counted layer by layer), the replay buffer, the batches that wait and what the data holds in memory. Of the
/// embedded model's runs it gave 0.95 of the peak that was measured.
/// </summary>
public static class MemoryEstimate
{
    /// <summary>libtorch, its operators' tables and the .NET runtime: the peak of a run of a model of a few thousand numbers.</summary>
    private const long Program = 250_000_000;

    /// <summary>Gradients of activations, and what convolutions and products work in, beside each activation.</summary>
    private const double Backward = 1.5;

    /// <summary>Bytes for a run.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="trained">Numbers that are trained.</param>
    /// <param name="frozen">Numbers that are not.</param>
    /// <param name="options">The run.</param>
    /// <param name="data">Bytes that the data holds.</param>
    public static long Bytes(ClipConfig config, long trained, long frozen, TrainingOptions options, long data)
    {
        var average = options.Optimizer.AverageDecay > 0 ? 1 : 0;
        var energy = options.Method == TrainingMethod.Energy;
        var pictures = options.Optimizer.Batch + (energy ? options.Energy.Negatives : 0L);
        long pixels = 3L * config.Vision.ImageSize * config.Vision.ImageSize;
        var text = options.Model.FreezeText ? 2 * TextActivations(config) / config.Text.Layers : TextActivations(config);
        // Four batches wait prepared, and a picture is held a few times over while it is attacked.
        var numbers = (trained * (4 + average)) + frozen
            + (long)(Backward * pictures * (ImageActivations(config) + text + (8 * pixels)))
            + (options.Optimizer.Batch * 4 * pixels)
            + (energy ? options.Energy.Buffer * pixels : 0);
        return Program + data + (4 * numbers);
    }

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
