using Pagoda.Data;
using Pagoda.Torch;

namespace Pagoda.Training.Watch;

/// <summary>Fixed pictures to watch a run with: of <c>watch.data</c>, or of the run's own data under another seed.</summary>
internal static class WatchedPixels
{
    private const ulong Seed = 0x5eed_0f_3a7c;

    /// <summary>Draws <c>watch.pictures</c> of them; captions are not read.</summary>
    /// <returns>Pixels in [0, 1], <c>[N, 3, size, size]</c> on the processor, owned by the caller.</returns>
    /// <exception cref="DataException">The data is not there.</exception>
    public static Tensor Draw(TrainingOptions run, int size) => Draw(run, size, captions: false).Pictures;

    /// <summary>Draws <c>watch.pictures</c> of them with their captions.</summary>
    /// <inheritdoc cref="Draw(TrainingOptions, int)"/>
    public static (Tensor Pictures, string[] Captions) DrawCaptioned(TrainingOptions run, int size) => Draw(run, size, captions: true);

    private static (Tensor Pictures, string[] Captions) Draw(TrainingOptions run, int size, bool captions)
    {
        var from = run.Watch.Data.Length > 0 ? new DataOptions { Folder = run.Watch.Data, Flip = false } : run.Data;
        using var stream = new TrainingData(from, size, Seed, captions: captions).Batches();
        var batch = stream.Next(run.Watch.Pictures);
        using var unowned = TensorScope.Unowned();
        return (Tensor.From(batch.Images, batch.Count, 3, size, size), batch.Captions);
    }
}
