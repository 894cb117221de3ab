namespace Pagoda.Data;

/// <summary>
/// Random numbers that belong to one sample: the stream is a function of (seed, index) alone, so that sample 7 is the
/// same whichever thread draws it and whatever was drawn before. SplitMix64 (Steele, Lea, Flood, 2014).
/// </summary>
internal struct SampleRandom
{
    private ulong _state;

    public SampleRandom(ulong seed, long index) => _state = Mix(Mix(seed + 0x9E3779B97F4A7C15UL) ^ ((ulong)index * 0xD1342543DE82EF95UL));

    public ulong NextBits()
    {
        _state += 0x9E3779B97F4A7C15UL;
        return Mix(_state);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public float Between(float low, float high) => low + (float)NextDouble() * (high - low);

    /// <summary>Uniform in [0, count).</summary>
    public int Next(int count) => (int)Math.BigMul(NextBits(), (ulong)count, out _);

    public bool Chance(double probability) => NextDouble() < probability;

    public T Pick<T>(IReadOnlyList<T> choices) => choices[Next(choices.Count)];

    /// <summary>Fisher and Yates' shuffle.</summary>
    public void Shuffle<T>(IList<T> items)
    {
        for (var i = items.Count - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
