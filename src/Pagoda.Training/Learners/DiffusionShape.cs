using Pagoda.Models.Diffusion;
using Pagoda.Torch;

namespace Pagoda.Training.Learners;

/// <summary>A denoising network of that shape.</summary>
internal sealed class DiffusionShape : PictureShape
{
    /// <summary>Numbers that a residual block leaves for the backward pass, over those of its map: norms, activations, scaling, convolutions and the sum.</summary>
    private const int MapsPerBlock = 10;

    private readonly DiffusionConfig _config;

    public DiffusionShape(DiffusionConfig config, TrainingOptions options)
        : base($"U-Net of {config.Channels} channels x {string.Join(",", config.Multipliers)}, {config.Steps:N0} times", config.Resolution, options, outline => _ = new DiffusionUNet(outline, config)) => _config = config;

    public override MemoryEstimate Memory(TrainingOptions options, long data, int ranks, bool autocast)
    {
        var atOnce = AtOnce(options, ranks);
        var numbers = 0L;
        Walk((side, from, to) => numbers += (long)side * side * (from + (MapsPerBlock * to)));
        return MemoryEstimate.Of(Trained, options, atOnce * (numbers * (autocast ? 0.6 : 1)), data + BatchBytes(options, ranks));
    }

    /// <summary>Three forward passes' worth of the residual blocks' convolutions.</summary>
    public override double? Operations(TrainingOptions options, int ranks)
    {
        var forward = 0.0;
        Walk((side, from, to) => forward += 2.0 * side * side * 9 * (((double)from * to) + ((double)to * to)));
        return 3 * forward * options.Optimizer.Batch / ranks;
    }

    /// <summary>Visits the residual blocks: side, channels before and after.</summary>
    private void Walk(Action<int, int, int> visit)
    {
        var width = _config.Width(0);
        var kept = new Stack<int>([width]);
        for (var level = 0; level < _config.Multipliers.Count; level++)
        {
            for (var block = 0; block < _config.Blocks; block++)
            {
                visit(_config.Resolution >> level, width, _config.Width(level));
                kept.Push(width = _config.Width(level));
            }

            if (level < _config.Multipliers.Count - 1)
            {
                visit(_config.Resolution >> (level + 1), width, width);
                kept.Push(width);
            }
        }

        var last = _config.Multipliers.Count - 1;
        visit(_config.Resolution >> last, width, width);
        visit(_config.Resolution >> last, width, width);
        for (var level = last; level >= 0; level--)
        {
            for (var block = 0; block <= _config.Blocks; block++)
            {
                visit(_config.Resolution >> level, width + kept.Pop(), _config.Width(level));
                width = _config.Width(level);
            }

            if (level > 0)
            {
                visit(_config.Resolution >> (level - 1), width, width);
            }
        }
    }
}
