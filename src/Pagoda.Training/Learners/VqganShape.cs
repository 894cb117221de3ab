using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Training.Learners;

/// <summary>A VQGAN of that shape with its discriminator.</summary>
internal sealed class VqganShape : PictureShape
{
    /// <summary>Numbers that a residual block of equal width leaves for the backward pass, over those of its map: two norms, activations and convolutions, and the sum.</summary>
    private const int MapsPerBlock = 7;

    private readonly VqganConfig _config;

    public VqganShape(VqganConfig config, TrainingOptions options)
        : base($"VQGAN f{config.Factor}, {config.CodebookSize:N0} codes of {config.CodebookWidth}", config.Resolution, options, outline =>
        {
            _ = new VqganModel(outline, config);
            _ = new Discriminator(outline["loss"]["discriminator"], new DiscriminatorConfig(options.Vqgan.DiscriminatorChannels, options.Vqgan.DiscriminatorLayers));
        }) => _config = config;

    public override MemoryEstimate Memory(TrainingOptions options, long data, int ranks, bool autocast)
    {
        var atOnce = AtOnce(options, ranks);
        var numbers = 0L;
        Walk((side, from, to, blocks) => numbers += (long)side * side * to * MapsPerBlock * blocks);
        var distances = Math.Min(1L << 24, (long)_config.Grid * _config.Grid * atOnce * _config.CodebookSize);
        return MemoryEstimate.Of(Trained, options, (atOnce * (numbers * (autocast ? 0.6 : 1))) + distances, data + BatchBytes(options, ranks));
    }

    /// <summary>Three forward passes for the way there and back through the towers, without the discriminator and the perceptual network.</summary>
    public override double? Operations(TrainingOptions options, int ranks)
    {
        var forward = 0.0;
        Walk((side, from, to, blocks) => forward += 2.0 * side * side * 9 * (((double)from * to) + ((double)to * to * ((2 * blocks) - 1))));
        forward += 2.0 * _config.Grid * _config.Grid * _config.CodebookSize * _config.CodebookWidth;
        return 3 * forward * options.Optimizer.Batch / ranks;
    }

    /// <summary>Visits the levels of both towers: side, channels before and after, residual blocks.</summary>
    private void Walk(Action<int, int, int, int> visit)
    {
        for (var level = 0; level < _config.Multipliers.Length; level++)
        {
            var (side, width) = (_config.Resolution >> level, _config.Width(level));
            visit(side, level > 0 ? _config.Width(level - 1) : width, width, _config.Blocks);
            visit(side, level + 1 < _config.Multipliers.Length ? _config.Width(level + 1) : width, width, _config.Blocks + 1);
        }

        // Both middles have two blocks.
        visit(_config.Grid, _config.Width(_config.Multipliers.Length - 1), _config.Width(_config.Multipliers.Length - 1), 4);
    }
}
