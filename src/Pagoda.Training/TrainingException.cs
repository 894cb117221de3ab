namespace Pagoda.Training;

/// <summary>A run that cannot begin or go on; the message says why, what is kept and what to do.</summary>
public sealed class TrainingException : Exception
{
    /// <summary>Makes the exception with its one sentence.</summary>
    public TrainingException(string message) : base(message)
    {
    }

    /// <summary>Makes the exception with its one sentence and what caused it.</summary>
    public TrainingException(string message, Exception inner) : base(message, inner)
    {
    }
}
