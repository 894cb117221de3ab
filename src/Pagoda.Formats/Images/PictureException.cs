namespace Pagoda.Formats.Images;

/// <summary>A picture that cannot be read or written; the message is one sentence that names it, the trouble and the remedy.</summary>
public sealed class PictureException : Exception
{
    /// <summary>Says <paramref name="message"/>.</summary>
    public PictureException(string message)
        : base(message)
    {
    }

    /// <summary>Says <paramref name="message"/>, because of <paramref name="cause"/>.</summary>
    public PictureException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
