namespace Pagoda.Data;

/// <summary>
/// Pictures of noise with captions of random words, for trials without data: speed, memory, several processes. As with
/// open_clip's synthetic data set there is nothing to learn, but here each picture keeps its own caption, so that a run
/// that learns them by heart shows that training works.
/// </summary>
/// <param name="count">How many there are; then they come again.</param>
/// <param name="size">Width and height in pixels.</param>
/// <param name="seed">Decides all of them.</param>
/// <param name="share">This process's share of the stream; all of it when null.</param>
public sealed class SyntheticSource(long count, int size, ulong seed, Share? share = null) : NumberedSource(seed, 1, share ?? Share.All)
{
    private static readonly string[] Words =
    [
        "red", "blue", "green", "yellow", "small", "large", "round", "old", "apple", "house", "boat", "dog", "cat", "tree", "chair", "cloud",
        "on", "under", "beside", "with", "near", "and", "bright", "dark", "stone", "river", "bird", "lamp", "table", "hill", "road", "snow",
    ];

    private readonly long _count = count > 0 ? count : throw new ArgumentOutOfRangeException(nameof(count), count, "There must be one picture or more.");

    /// <inheritdoc/>
    public override int Size { get; } = size > 0 ? size : throw new ArgumentOutOfRangeException(nameof(size), size, "A picture has one pixel or more.");

    /// <inheritdoc/>
    protected override string Make(ulong seed, long number, Span<float> image)
    {
        var random = new SampleRandom(seed ^ 0x53594E54, number % _count);
        for (var i = 0; i < image.Length;)
        {
            for (var (bits, end) = (random.NextBits(), Math.Min(i + 8, image.Length)); i < end; i++, bits >>= 8)
            {
                image[i] = (bits & 0xFF) / 255f;
            }
        }

        var words = new string[3 + random.Next(6)];
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = random.Pick(Words);
        }

        return string.Join(' ', words);
    }
}
