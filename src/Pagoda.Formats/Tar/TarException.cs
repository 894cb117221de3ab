namespace Pagoda.Formats.Tar;

/// <summary>A tar archive that cannot be read on: one sentence with the archive, the offset and the entry at fault.</summary>
public sealed class TarException : Exception
{
    /// <summary>Makes the exception with the sentence a user will read.</summary>
    public TarException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with the sentence a user will read and what caused it.</summary>
    public TarException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Whether the archive ends before it should, rather than being damaged or of another kind.</summary>
    public bool IsTruncation { get; init; }
}
