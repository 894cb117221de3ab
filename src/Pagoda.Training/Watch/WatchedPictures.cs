using Pagoda.Torch;

namespace Pagoda.Training.Watch;

/// <summary>The fixed pictures that a run is watched with.</summary>
/// <param name="Images"><c>[N, 3, S, S]</c> in [0, 1], on the processor.</param>
/// <param name="Labels">The class of each picture.</param>
/// <param name="Classes">The classes' names.</param>
/// <param name="AreCaptions">Whether the classes are whole captions, which no template is put around.</param>
public sealed record WatchedPictures(Tensor Images, int[] Labels, IReadOnlyList<string> Classes, bool AreCaptions) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Images.Dispose();
}
