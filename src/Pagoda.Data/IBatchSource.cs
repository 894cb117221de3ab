namespace Pagoda.Data;

/// <summary>
/// An endless stream of captioned pictures with a position that can be saved: after <see cref="Restore(string)"/> the stream goes on
/// with exactly what would have come next, so that a training run killed and resumed sees what one not killed sees.
/// </summary>
public interface IBatchSource : IDisposable
{
    /// <summary>Width and height of the pictures in pixels.</summary>
    int Size { get; }

    /// <summary>The next <paramref name="count"/> pictures with captions.</summary>
    Batch Next(int count);

    /// <summary>The position after the last batch handed out, as JSON text for a checkpoint.</summary>
    string Save();

    /// <summary>Goes to a position that <see cref="Save"/> gave for a source made with the same settings.</summary>
    /// <exception cref="DataException">The text is no position of such a source.</exception>
    void Restore(string position);

    /// <summary>
    /// Goes to where processes that shared the stream stood together. With as many processes as then, each goes on with exactly
    /// what would have come next; with more or fewer, they share anew what none of them has given in this epoch.
    /// </summary>
    /// <param name="positions">What each process's <see cref="Save"/> gave, in the order of their parts.</param>
    /// <exception cref="DataException">The texts are no positions of such sources.</exception>
    void Restore(IReadOnlyList<string> positions) => Restore(
        positions.Count == 1 ? positions[0] : throw new DataException($"A stream of one process cannot go on from the positions of {positions.Count}."));
}
