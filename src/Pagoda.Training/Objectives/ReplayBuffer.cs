using Pagoda.Torch;

namespace Pagoda.Training.Objectives;

/// <summary>Paintings in progress with their captions, as JEM keeps its samples (Grathwohl et al. 2020, section 4.2).</summary>
internal sealed class ReplayBuffer
{
    private readonly EnergyOptions _options;
    private readonly Tensor _pictures;
    private readonly Tensor _tokens;
    private readonly Tensor _ages;

    /// <summary>An empty buffer: every painting starts anew at its first draw.</summary>
    public ReplayBuffer(EnergyOptions options, int size, int contextLength, Device device)
    {
        _options = options;
        using var unowned = TensorScope.Unowned();
        _pictures = Ops.Zeros([options.Buffer, 3, size, size], device: device);
        _tokens = Ops.Zeros([options.Buffer, contextLength], ScalarType.Int64, device: device);
        _ages = Ops.Full([options.Buffer], options.MaxAge + 1, ScalarType.Float32);
    }

    /// <summary>Paintings taken out for a step.</summary>
    /// <param name="Indices">Their places, <c>[N]</c>.</param>
    /// <param name="Pictures"><c>[N, 3, S, S]</c>.</param>
    /// <param name="Tokens">Their captions, <c>[N, L]</c>.</param>
    /// <param name="Ages">Painting steps so far, <c>[N]</c> on the processor.</param>
    public sealed record Selection(Tensor Indices, Tensor Pictures, Tensor Tokens, Tensor Ages);

    public IEnumerable<(string Name, Tensor Tensor)> State => [("pictures", _pictures), ("tokens", _tokens), ("ages", _ages)];

    /// <summary>Takes paintings at random; the old and some others start anew with captions of the batch.</summary>
    public Selection Draw(Tensor batchTokens)
    {
        using var frozen = GradMode.Disable();
        var count = Math.Min(_options.Negatives, _options.Buffer);
        var cpuIndices = Ops.Randperm(_options.Buffer).Narrow(0, 0, count);
        var indices = cpuIndices.To(device: _pictures.Device);
        var ages = _ages.IndexSelect(0, cpuIndices);
        var anew = ages.Gt(_options.MaxAge).LogicalOr(Ops.Rand([count]).Lt(_options.Restart));
        var anewThere = anew.To(device: _pictures.Device);
        var captions = batchTokens.IndexSelect(0, Ops.Randint(0, batchTokens.Size(0), [count]).To(device: _pictures.Device));
        var tokens = anewThere.Unsqueeze(1).Where(captions, _tokens.IndexSelect(0, indices));
        var pictures = anewThere.View([-1, 1, 1, 1]).Where(SoftNoise.Draw(count, (int)_pictures.Size(-1), _pictures.Device), _pictures.IndexSelect(0, indices));
        return new Selection(indices, pictures, tokens, anew.Where(ages.ZerosLike(), ages));
    }

    /// <summary>Puts paintings back after their steps.</summary>
    public void PutBack(Selection draw, Tensor painted)
    {
        using var frozen = GradMode.Disable();
        _pictures.IndexPut_([draw.Indices], painted);
        _tokens.IndexPut_([draw.Indices], draw.Tokens);
        _ages.IndexPut_([draw.Indices.To(device: Device.Cpu)], draw.Ages + _options.Steps);
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
