using Pagoda.Models.Captioner;
using Pagoda.Torch;

namespace Pagoda.Training.Learners;

/// <summary>A captioner of that shape.</summary>
internal sealed class CaptionerShape : PictureShape
{
    /// <summary>Numbers that a residual block leaves for the backward pass, over those of its map, and what halves.</summary>
    private const int MapsPerBlock = 7;

    private readonly CaptionerConfig _config;

    public CaptionerShape(CaptionerConfig config, TrainingOptions options)
        : base($"captioner of {string.Join(",", config.TrunkWidths)} channels and {config.Layers} x {config.Width}, {config.VocabularySize:N0} tokens", config.Resolution, options, outline => _ = new CaptionerModel(outline, config)) => _config = config;

    public override MemoryEstimate Memory(TrainingOptions options, long data, int ranks, bool autocast)
    {
        var atOnce = AtOnce(options, ranks);
        var (places, words) = ((long)_config.MapSide * _config.MapSide, (long)_config.ContextLength);
        var numbers = 0L;
        for (var stage = 0; stage < _config.TrunkWidths.Count; stage++)
        {
            long side = _config.Resolution >> (stage + 1);
            numbers += side * side * _config.TrunkWidths[stage] * (2 + (MapsPerBlock * _config.TrunkBlocks[stage]));
        }

        // Norms, projections and sums of two attentions, the hidden layer twice, keys and values of the places, scores twice.
        numbers += _config.Layers * ((words * _config.Width * (16 + (2 * _config.HiddenFactor))) + (2 * places * _config.Width) + (2 * _config.Heads * words * (words + places)));
        return MemoryEstimate.Of(
            Trained, options, atOnce * ((numbers * (autocast ? 0.6 : 1)) + (3 * words * _config.VocabularySize)), data + BatchBytes(options, ranks));
    }

    /// <summary>Three forward passes' worth of the trunk's convolutions and the transformer's matrices, for captions of full length.</summary>
    public override double? Operations(TrainingOptions options, int ranks)
    {
        var forward = 0.0;
        for (var stage = 0; stage < _config.TrunkWidths.Count; stage++)
        {
            double side = _config.Resolution >> (stage + 1), width = _config.TrunkWidths[stage], before = stage == 0 ? 3 : _config.TrunkWidths[stage - 1];
            forward += 2 * side * side * width * (((stage == 0 ? 16 : 4) * before) + (18 * width * _config.TrunkBlocks[stage]));
        }

        double words = _config.ContextLength, places = _config.MapSide * _config.MapSide, square = (double)_config.Width * _config.Width;
        forward += 2 * words * ((_config.Layers * square * (6 + (2 * _config.HiddenFactor))) + (_config.Width * (double)_config.VocabularySize));
        forward += 2 * _config.Layers * ((2 * places * square) + (2 * words * (words + places) * _config.Width));
        return 3 * forward * options.Optimizer.Batch / ranks;
    }
}
