namespace Pagoda.Cli;

/// <summary>Tells of the samples that data leaves out: the first ones each, then no more.</summary>
/// <param name="error">Where to.</param>
internal sealed class LeftOutSamples(TextWriter error)
{
    private const int Shown = 10;
    private int _count;

    /// <summary>Called from any thread.</summary>
    public void Tell(string sentence)
    {
        var number = Interlocked.Increment(ref _count);
        if (number <= Shown)
        {
            error.WriteLine($"pagoda: {sentence}{(number == Shown ? " Further ones are not shown." : "")}");
        }
    }
}
