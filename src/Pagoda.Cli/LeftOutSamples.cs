namespace Pagoda.Cli;

/// <summary>Passes on what the data tells of the samples that it leaves out.</summary>
/// <param name="error">Where to.</param>
internal sealed class LeftOutSamples(TextWriter error)
{
    private readonly Lock _one = new();

    /// <summary>Called from any thread.</summary>
    public void Tell(string sentence)
    {
        lock (_one)
        {
            error.WriteLine($"pagoda: {sentence}");
        }
    }
}
