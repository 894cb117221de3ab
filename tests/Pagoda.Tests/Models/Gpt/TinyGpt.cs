using Pagoda.Models.Gpt;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Gpt;

/// <summary>A transformer small enough to be computed in any way, with weights large enough that its choices differ.</summary>
internal static class TinyGpt
{
    public static GptConfig Config { get; } = new()
    {
        Layers = 2,
        Width = 16,
        Heads = 2,
        VocabularySize = 11,
        BlockSize = 9,
        ConditionWidth = 6,
        Dropout = 0.1,
        ConditionDropout = 0.1,
    };

    public static GptModel Model(ulong seed = 1, GptConfig? config = null)
    {
        var model = new GptModel(Weights.Initialize(seed, Device.Cpu), config ?? Config);
        using var generator = new Generator(seed + 100);
        foreach (var tensor in model.Weights.Parameters.Values)
        {
            tensor.Normal_(0, 0.4, generator);
        }

        return model;
    }

    public static Tensor Condition(long count, ulong seed = 3)
    {
        using var generator = new Generator(seed);
        return Ops.Randn([count, Config.ConditionWidth], generator);
    }

    public static Tensor Tokens(long count, long length, ulong seed = 5)
    {
        using var generator = new Generator(seed);
        return Ops.Randint(0, Config.VocabularySize, [count, length], generator);
    }

    public static double Difference(Tensor one, Tensor other) => (one - other).Abs().Max().ToDouble();
}
