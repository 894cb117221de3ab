using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Training.Objectives;

namespace Pagoda.Training.Learners;

/// <summary>A CLIP model of that shape, to be trained as the options say.</summary>
internal sealed class ClipShape : ILearnerShape
{
    private readonly ClipConfig _config;

    public ClipShape(ClipConfig config, ModelOptions options)
    {
        _config = config;
        (Trained, Frozen) = Count(config, options.FreezeText);
        var origin = options.From.Length > 0 ? $"from {options.From}" : $"new, {config.Text.VocabularySize} tokens";
        Model = $"{config.Vision.Architecture} {ImageSize} x {ImageSize}, {origin}";
    }

    public string Model { get; }

    public int ImageSize => _config.Vision.ImageSize;

    public long Trained { get; }

    public long Frozen { get; }

    public bool CanCheckpoint => true;

    public MemoryEstimate Memory(TrainingOptions options, long data, int ranks, bool autocast) =>
        MemoryEstimate.Of(_config, Trained, Frozen, options, data, ranks, autocast);

    private static (long Trained, long Frozen) Count(ClipConfig config, bool freezeText)
    {
        using var scope = new TensorScope();
        var outline = new ClipModel(Weights.Outline(), config).Weights;
        var trained = outline.Parameters.Where(p => !freezeText || p.Key.StartsWith("visual.", StringComparison.Ordinal)).Sum(p => p.Value.Elements);
        return (trained, outline.StateDict.Values.Sum(tensor => tensor.Elements) - trained);
    }

    public double? Operations(TrainingOptions options, int ranks)
    {
        if (OperationCount.Image(_config) is not { } image)
        {
            return null;
        }

        var text = OperationCount.Text(_config, _config.Text.ContextLength);
        var memory = options.Memory;
        double own = (double)options.Optimizer.Batch / ranks;
        // Chunks and segments go forward once more before they go back.
        double Again(double pictures) => (memory.Chunk > 0 && memory.Chunk < pictures ? image.Forward : 0) + (memory.Checkpointing ? image.Forward : 0);
        double Learn(double pictures) => pictures * (image.Forward + image.Backward + Again(pictures));
        double Follow(double pictures, double steps) => pictures * steps * (image.Forward + image.BackwardToInput + Again(pictures));
        var captions = own * (options.Model.FreezeText ? text.Forward : text.Forward + text.Backward);
        var attack = options.Method == TrainingMethod.Contrastive ? 0 : Follow(own, options.Attack.Steps);
        if (options.Method != TrainingMethod.ClipJem)
        {
            return captions + attack + Learn(own);
        }

        var negatives = (double)options.Energy.Negatives / ranks;
        var real = options.Energy.Real == RealPictures.Own ? negatives : 0;
        return captions + attack + Follow(negatives, options.Energy.Steps) + Learn(own + negatives + real);
    }
}
