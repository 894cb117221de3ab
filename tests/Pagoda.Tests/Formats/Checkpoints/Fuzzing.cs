using System.Diagnostics;

namespace Pagoda.Tests.Formats.Checkpoints;

/// <summary>Damages files at random for as long as <c>PAGODA_FUZZ_SECONDS</c> says (3 by default).</summary>
internal static class Fuzzing
{
    private static readonly double Seconds =
        double.TryParse(Environment.GetEnvironmentVariable("PAGODA_FUZZ_SECONDS"), out var seconds) ? seconds : 3;

    /// <summary>Gives <paramref name="use"/> damaged copies of the samples; returns how many.</summary>
    public static int Run(IReadOnlyList<byte[]> samples, Action<byte[]> use)
    {
        var clock = Stopwatch.StartNew();
        var runs = 0;
        for (; runs < 20 || clock.Elapsed.TotalSeconds < Seconds; runs++)
        {
            var random = new Random(runs);
            var damaged = Damage(samples[random.Next(samples.Count)], random);
            try
            {
                use(damaged);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Damaged copy {runs} caused {e.GetType().Name}: {e.Message}", e);
            }
        }

        return runs;
    }

    private static byte[] Damage(byte[] sample, Random random)
    {
        var bytes = sample.ToList();
        for (var edits = 1 + random.Next(4); edits > 0 && bytes.Count > 0; edits--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.Insert(at, (byte)random.Next(256)); break;
                case 3: bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 + random.Next(16))); break;
                case 4: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, 1 + random.Next(16)))); break;
                default: bytes[at] = random.Next(2) == 0 ? (byte)0xFF : (byte)0x00; break;
            }
        }

        return [.. bytes];
    }
}
