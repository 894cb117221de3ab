namespace Pagoda.Data;

/// <summary>Training data that cannot be used; the message says what, where and what to do.</summary>
public sealed class DataException : Exception
{
    /// <summary>Makes the exception with its one sentence.</summary>
    public DataException(string message) : base(message)
    {
    }

    /// <summary>Makes the exception with its one sentence and what caused it.</summary>
    public DataException(string message, Exception inner) : base(message, inner)
    {
    }
}
