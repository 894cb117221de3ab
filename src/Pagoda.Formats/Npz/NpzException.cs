namespace Pagoda.Formats.Npz;

/// <summary>An .npz file that cannot be used. The message is one sentence: the file, the array at fault, what is wrong with it.</summary>
public sealed class NpzException : Exception
{
    /// <summary>Makes the exception with the sentence a user will read.</summary>
    public NpzException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with the sentence a user will read and what caused it.</summary>
    public NpzException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
