namespace Pagoda.Data;

/// <summary>
/// An endless, shuffled stream of stored pictures with captions, with a position like <see cref="IBatchSource"/>. Broken samples
/// and shards come in the stream too, each in its place, so that whoever reads it can count and name them.
/// </summary>
public interface ICaptionedSource : IDisposable
{
    /// <summary>The next sample; after the last of an epoch comes the first of the next, in another order.</summary>
    /// <exception cref="DataException">A whole epoch had no usable sample, or the data can no longer be reached.</exception>
    StoredSample Next();

    /// <summary>The position after the last sample handed out, as JSON text.</summary>
    string Save() => Mark()();

    /// <summary>Notes the position after the last sample handed out, cheaply; it is written as text when the result is called, at any time and on any thread.</summary>
    Func<string> Mark();

    /// <summary>Goes to a position that <see cref="Save"/> gave for a source made with the same settings.</summary>
    /// <exception cref="DataException">The text is no position of such a source.</exception>
    void Restore(string position);

    /// <summary>
    /// Goes to where processes that shared the data stood together: exactly where they were when there are as many as now, else
    /// on to what none of them has given in this epoch, shared anew.
    /// </summary>
    /// <param name="positions">What each process's <see cref="Save"/> gave, in the order of their parts.</param>
    /// <exception cref="DataException">The texts are no positions of such sources.</exception>
    void Restore(IReadOnlyList<string> positions);
}
