namespace Pagoda.Data;

/// <summary>A picture as it is stored, with all its captions.</summary>
/// <param name="Name">Where it comes from, for messages.</param>
/// <param name="Picture">The bytes of a PNG, JPEG or WebP file.</param>
/// <param name="Captions">At least one caption.</param>
public sealed record CaptionedSample(string Name, byte[] Picture, IReadOnlyList<string> Captions);

/// <summary>An endless, shuffled stream of stored pictures with captions, with a position like <see cref="IBatchSource"/>.</summary>
public interface ICaptionedSource : IDisposable
{
    /// <summary>The next sample; after the last of an epoch comes the first of the next, in another order.</summary>
    /// <exception cref="DataException">A whole epoch had no usable sample.</exception>
    CaptionedSample Next();

    /// <summary>The position after the last sample handed out, as JSON text.</summary>
    string Save();

    /// <summary>Goes to a position that <see cref="Save"/> gave for a source made with the same settings.</summary>
    /// <exception cref="DataException">The text is no position of such a source.</exception>
    void Restore(string position);
}
