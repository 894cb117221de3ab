namespace Pagoda.Data;

/// <summary>Training data that cannot be used; the message says what, where and what to do.</summary>
public sealed class DataException : Exception
{
    /// <summary>Makes the exception with its one sentence.</summary>
    public DataException(string message) : base(message)
    {
    }

    /// <summary>Makes the exception with its one sentence and what caused it.</summary>
    public DataException(string message, Exception? inner) : base(message, inner)
    {
    }

    /// <summary>Makes the exception of one sample or shard that is broken while the rest of the data is sound.</summary>
    public DataException(Defect defect, string message, Exception? inner = null) : base(message, inner) => Defect = defect;

    /// <summary>What is wrong with the one sample or shard that can be left out; null when the data as a whole cannot be used.</summary>
    public Defect? Defect { get; }
}
