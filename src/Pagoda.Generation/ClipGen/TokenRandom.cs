namespace Pagoda.Generation.ClipGen;

/// <summary>
/// Uniform numbers by seed, sequence and position, without a state: a sequence is the same alone and in any batch, on
/// every device. The mixing is that of SplitMix64 (Steele, Lea and Flood 2014), applied once for each of the three.
/// </summary>
internal static class TokenRandom
{
    /// <summary>A number in [0, 1), a multiple of 2⁻³².</summary>
    public static double Uniform(ulong seed, int sequence, int position) =>
        (Mix(Mix(Mix(seed) + (ulong)sequence) + (ulong)position) >> 32) * (1.0 / (1UL << 32));

    private static ulong Mix(ulong value)
    {
        value += 0x9e3779b97f4a7c15;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}
