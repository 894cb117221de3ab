using Pagoda.Torch;
using Pagoda.Training.Batches;

namespace Pagoda.Training.Objectives;

/// <summary>
/// Where negatives come from: new ones for captions of the batch, or, with a replay buffer, earlier paintings that go on by a
/// few steps each time (Grathwohl et al. 2020, arXiv 1912.03263, keep one for SGLD), each with its caption and real picture.
/// Every rank keeps the whole buffer and paints its share of what is drawn.
/// </summary>
internal sealed class NegativeSource
{
    private readonly WholeBatch _batch;
    private readonly EnergyOptions _options;
    private readonly NegativeStarts _starts;
    private readonly Tensor? _pictures;
    private readonly Tensor? _real;
    private readonly Tensor? _tokens;
    private readonly Tensor? _ages;

    public NegativeSource(WholeBatch batch, EnergyOptions options, BankSampler? bank)
    {
        (_batch, _options) = (batch, options);
        _starts = new NegativeStarts(options.Start, bank, batch);
        if (options.Buffer == 0)
        {
            return;
        }

        using var frozen = GradMode.Disable();
        using var unowned = TensorScope.Unowned();
        var (config, device) = (batch.Towers.Model.Config, batch.Towers.Model.Device);
        long size = config.Vision.ImageSize;
        _pictures = Ops.Zeros([options.Buffer, 3, size, size], device: device);
        _real = options.Real == RealPictures.Own ? Ops.Zeros([options.Buffer, 3, size, size], device: device) : null;
        _tokens = Ops.Zeros([options.Buffer, config.Text.ContextLength], ScalarType.Int64, device: device);
        // Older than any may be: the first draws begin anew.
        _ages = Ops.Full([options.Buffer], options.MaxAge + 1, ScalarType.Float32);
    }

    /// <summary>Negatives to paint in a step.</summary>
    /// <param name="Pictures">This rank's, <c>[m, 3, S, S]</c>.</param>
    /// <param name="Real">The real pictures of their captions, <c>[m, 3, S, S]</c>, when the loss asks for them.</param>
    /// <param name="Tokens">Their captions, <c>[m, L]</c>.</param>
    /// <param name="Places">Places in the buffer of all ranks', <c>[m·R]</c> on the processor; null without a buffer.</param>
    /// <param name="Ages">Painting steps so far of all ranks', <c>[m·R]</c> on the processor; null without a buffer.</param>
    public sealed record Selection(Tensor Pictures, Tensor? Real, Tensor Tokens, Tensor? Places, Tensor? Ages);

    public IEnumerable<(string Name, Tensor Tensor)> State =>
        new[] { ("pictures", _pictures), ("real", _real), ("tokens", _tokens), ("ages", _ages) }.Where(item => item.Item2 is not null).Select(item => (item.Item1, item.Item2!));

    /// <summary>Takes this step's negatives, captions of new ones from this rank's part of the batch.</summary>
    public Selection Draw(Tensor images, Tensor tokens)
    {
        using var frozen = GradMode.Disable();
        var (count, rows) = (_options.Negatives / _batch.Ranks, images.Size(0));
        // The first rows of a shuffled batch: of any number of ranks together the same ones.
        var from = Tensor.From(Enumerable.Range(0, count).Select(i => i % rows).ToArray()).To(device: images.Device);
        var pictures = _starts.Draw(count, images.Size(-1), images.Device);
        var real = _options.Real == RealPictures.Own ? images.IndexSelect(0, from) : null;
        var captions = tokens.IndexSelect(0, from);
        if (_pictures is null)
        {
            return new Selection(pictures, real, captions, null, null);
        }

        var all = count * _batch.Ranks;
        var places = Ops.Randperm(_options.Buffer).Narrow(0, 0, all);
        var ages = _ages!.IndexSelect(0, places);
        var anew = ages.Gt(_options.MaxAge).LogicalOr(Ops.Rand([all]).Lt(_options.Restart));
        var (own, fresh) = (_batch.Own(places).To(device: images.Device), _batch.Own(anew).To(device: images.Device));
        var freshPictures = fresh.View([-1, 1, 1, 1]);
        return new Selection(
            freshPictures.Where(pictures, _pictures.IndexSelect(0, own)),
            real is null ? null : freshPictures.Where(real, _real!.IndexSelect(0, own)),
            fresh.Unsqueeze(1).Where(captions, _tokens!.IndexSelect(0, own)),
            places,
            anew.Where(ages.ZerosLike(), ages));
    }

    /// <summary>Puts paintings back after their steps.</summary>
    public void PutBack(Selection draw, Tensor painted)
    {
        if (_pictures is null)
        {
            return;
        }

        using var frozen = GradMode.Disable();
        var places = draw.Places!.To(device: _pictures.Device);
        _pictures.IndexPut_([places], _batch.Gather(painted));
        _real?.IndexPut_([places], _batch.Gather(draw.Real!));
        _tokens!.IndexPut_([places], _batch.Gather(draw.Tokens));
        _ages!.IndexPut_([draw.Places], draw.Ages! + _options.Steps);
    }

    public void Restore(Func<string, Tensor?> read)
    {
        using var frozen = GradMode.Disable();
        foreach (var (name, tensor) in State)
        {
            if (read(name) is { } saved)
            {
                tensor.Copy_(saved);
            }
        }
    }
}
