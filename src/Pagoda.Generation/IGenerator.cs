namespace Pagoda.Generation;

/// <summary>Turns a request into pictures, step by step.</summary>
public interface IGenerator
{
    /// <summary>
    /// Paints. For each picture come frames while it appears and one with <see cref="Frame.IsLast"/>. Cancelling does not
    /// throw once a picture has been begun: its last frame comes with what there is so far, marked
    /// <see cref="Frame.IsInterrupted"/>, and no further picture is begun.
    /// </summary>
    /// <param name="request">What to paint.</param>
    /// <param name="cancellationToken">Ends the painting within a step.</param>
    /// <exception cref="GenerationException">The request cannot be painted.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before there was a picture.</exception>
    IAsyncEnumerable<Frame> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken = default);
}
