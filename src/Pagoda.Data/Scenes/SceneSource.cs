namespace Pagoda.Data.Scenes;

/// <summary>
/// The endless stream of a <see cref="SceneComposer"/>: samples 0, 1, 2, ... of a seed, composed on several threads. Its
/// position is the seed and the index of the next sample. Wrap it in a <see cref="PrefetchingSource"/> for training.
/// </summary>
/// <param name="composer">What makes the scenes.</param>
/// <param name="seed">Which stream.</param>
/// <param name="threads">Threads that compose; 0 takes all cores.</param>
/// <param name="share">This process's share of the stream: samples part, part + parts, ...; all of it when null.</param>
public sealed class SceneSource(SceneComposer composer, ulong seed, int threads = 1, Share? share = null)
    : NumberedSource(seed, threads, share ?? Share.All)
{
    /// <inheritdoc/>
    public override int Size => composer.Options.Size;

    /// <inheritdoc/>
    protected override string Make(ulong seed, long number, Span<float> image) => composer.Compose(seed, number, image).Caption;
}
