namespace Pagoda.Torch;

/// <summary>The next token of each sequence out of its logits, by a kernel of Pagoda's own for the processor.</summary>
public static class TokenChoice
{
    /// <summary>Whether the kernel takes logits: on the processor, dense, of float32.</summary>
    public static bool Takes(Tensor logits) =>
        logits.Device.Type == DeviceType.Cpu && logits.Type == ScalarType.Float32 && logits.Dimensions == 2 && logits.IsContiguous;

    /// <summary>
    /// Chooses among the <paramref name="topK"/> most likely tokens of a row, of these among the fewest that have more than
    /// <paramref name="topP"/> of their probability together.
    /// </summary>
    /// <param name="logits"><c>[N, vocabulary]</c>, as <see cref="Takes"/> wants them.</param>
    /// <param name="temperature">Divides the logits; 0 takes the most likely token.</param>
    /// <param name="topK">0 for all; whatever equals the last of them stays too.</param>
    /// <param name="topP">1 for all.</param>
    /// <param name="uniforms">For each row a number in [0, 1), the share of the summed probability at which its token lies.</param>
    /// <returns>For each row the token, and the logarithm of its probability before temperature and filters.</returns>
    /// <exception cref="ArgumentException">The kernel does not take the logits, or there are not as many numbers as rows.</exception>
    /// <exception cref="TorchException">The logits are not numbers.</exception>
    public static unsafe (long[] Tokens, float[] LogLikelihoods) Choose(Tensor logits, double temperature, int topK, double topP, ReadOnlySpan<double> uniforms)
    {
        if (!Takes(logits) || logits.Size(1) == 0 || uniforms.Length != logits.Size(0))
        {
            throw new ArgumentException($"Dense logits [{uniforms.Length}, vocabulary] of float32 on the processor are needed, not {logits}.", nameof(logits));
        }

        var (tokens, likelihoods) = (new long[uniforms.Length], new float[uniforms.Length]);
        fixed (double* numbers = uniforms)
        fixed (long* chosen = tokens)
        fixed (float* logs = likelihoods)
        {
            Native.Checked(Native.ChooseTokens(logits.DataPointer, logits.Size(0), logits.Size(1), temperature, topK, topP, numbers, chosen, logs));
        }

        GC.KeepAlive(logits);
        return (tokens, likelihoods);
    }
}
