namespace Pagoda.Generation;

/// <summary>A picture cannot be painted as asked: one sentence that says what is wrong and what to do.</summary>
public sealed class GenerationException : Exception
{
    /// <summary>Says <paramref name="message"/>.</summary>
    public GenerationException(string message)
        : base(message)
    {
    }

    /// <summary>Says <paramref name="message"/>, because of <paramref name="cause"/>.</summary>
    public GenerationException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
