namespace Pagoda.Models.Vqgan;

/// <summary>How a codebook is used, from how often each code came up.</summary>
public sealed class CodebookUsage
{
    private readonly long[] _counts;

    /// <summary>Starts with nothing counted.</summary>
    /// <param name="size">Codes in the codebook.</param>
    public CodebookUsage(int size) => _counts = new long[size];

    /// <summary>How often each code came up.</summary>
    public IReadOnlyList<long> Counts => _counts;

    /// <summary>Tokens counted.</summary>
    public long Total { get; private set; }

    /// <summary>Codes that came up at least once.</summary>
    public int Used => _counts.Count(count => count > 0);

    /// <summary>exp of the entropy of the frequencies: the codes in even use that would be as varied; 0 when nothing was counted.</summary>
    public double Perplexity
    {
        get
        {
            var entropy = 0.0;
            foreach (var count in _counts)
            {
                if (count > 0)
                {
                    var share = (double)count / Total;
                    entropy -= share * Math.Log(share);
                }
            }

            return Total == 0 ? 0 : Math.Exp(entropy);
        }
    }

    /// <summary>Counts tokens.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is no code of this codebook.</exception>
    public void Add(ReadOnlySpan<long> tokens)
    {
        foreach (var token in tokens)
        {
            if ((ulong)token >= (ulong)_counts.Length)
            {
                throw new ArgumentOutOfRangeException(nameof(tokens), $"Token {token} is no code of a codebook of {_counts.Length}.");
            }

            _counts[token]++;
        }

        Total += tokens.Length;
    }
}
