namespace Pagoda.Formats.Checkpoints;

/// <summary>
/// A checkpoint that cannot be used. The message is one sentence: the file, the tensor (or entry, or opcode) at fault,
/// what is wrong with it.
/// </summary>
public sealed class CheckpointException : Exception
{
    /// <summary>Makes the exception with the sentence a user will read.</summary>
    public CheckpointException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with the sentence a user will read and what caused it.</summary>
    public CheckpointException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
