using Pagoda.Models.Gpt;
using Pagoda.Torch;

namespace Pagoda.Training.Learners;

/// <summary>A transformer of that shape; the VQGAN and the CLIP beside it are not counted.</summary>
internal sealed class GptShape : ILearnerShape
{
    private readonly GptConfig _config;
    private readonly int _size;

    public GptShape(GptConfig config, TrainingOptions options)
    {
        (_config, _size) = (config, options.Gpt.Resolution);
        using var scope = new TensorScope();
        var outline = Weights.Outline();
        _ = new GptModel(outline, config);
        Trained = outline.Parameters.Values.Sum(tensor => tensor.Elements);
        var origin = options.Model.From.Length > 0 ? $"from {options.Model.From}" : "new";
        Model = $"GPT {config.Layers} x {config.Width}, {config.Heads} heads, {config.BlockSize} tokens of {config.VocabularySize:N0}, {origin}";
    }

    public string Model { get; }

    public int ImageSize => _size;

    public long Trained { get; }

    public long Frozen => 0;

    public bool CanCheckpoint => false;

    public MemoryEstimate Memory(TrainingOptions options, long data, int ranks, bool autocast)
    {
        var own = options.Optimizer.Batch / ranks;
        var atOnce = options.Memory.Chunk > 0 ? Math.Min(options.Memory.Chunk, own) : own;
        long tokens = _config.BlockSize;
        // Norms, query, key, value, projections and sums are ten widths, the hidden layer of four counts twice, scores twice.
        var blocks = _config.Layers * ((tokens * _config.Width * 18L) + (2L * _config.Heads * tokens * tokens));
        var numbers = ((blocks * (autocast ? 0.6 : 1)) + (3L * tokens * _config.VocabularySize)) * atOnce;
        return MemoryEstimate.Of(Trained, options, numbers, data + (16L * own * 3 * _size * _size));
    }

    /// <summary>Six operations a matrix's number and token, and the attention's products.</summary>
    public double? Operations(TrainingOptions options, int ranks)
    {
        double tokens = _config.BlockSize;
        var matrices = (12.0 * _config.Layers * _config.Width * _config.Width) + ((double)_config.Width * _config.VocabularySize);
        var attention = 2.0 * _config.Layers * tokens * _config.Width;
        return 6 * tokens * (matrices + attention) * options.Optimizer.Batch / ranks;
    }
}
