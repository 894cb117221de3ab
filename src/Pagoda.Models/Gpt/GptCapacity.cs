using Pagoda.Torch;

namespace Pagoda.Models.Gpt;

/// <summary>What a transformer of some shape takes, without holding one.</summary>
public static class GptCapacity
{
    /// <summary>How many parameters it has.</summary>
    /// <exception cref="ArgumentException">There is no such shape.</exception>
    public static long Parameters(GptConfig config)
    {
        using var scope = new TensorScope();
        return new GptModel(Weights.Outline(), config).Weights.Parameters.Values.Sum(tensor => tensor.Elements);
    }

    /// <summary>How many parameters are read for each token that is sampled: all but the tables, of which one row is read.</summary>
    /// <exception cref="ArgumentException">There is no such shape.</exception>
    public static long ParametersReadPerToken(GptConfig config) =>
        Parameters(config) - ((config.VocabularySize + config.BlockSize - 2L) * config.Width) - ((config.ConditionWidth + 1L) * (config.ConditionWidth > 0 ? config.Width : 0));

    /// <summary>Bytes of keys and values that a sequence of full length needs.</summary>
    public static long CacheBytes(GptConfig config, ScalarType type) => 2L * config.Layers * config.Width * config.BlockSize * type.ByteSize();
}
