using Pagoda.Generation.Augment;
using Pagoda.Generation.Diffusion;
using Pagoda.Models.Diffusion;
using Pagoda.Torch;

namespace Pagoda.Generation.Brushes;

/// <summary>
/// A denoising network that knows no words: each step takes noise away, and critics of the clean picture that it predicts say in which direction. What is drawn is that prediction.
/// </summary>
public sealed class DiffusionBrush : Brush
{
    private readonly DiffusionUNet _network;
    private readonly DiffusionOptions _options;
    private readonly NoiseSchedule _schedule;
    private readonly Generator _generator;
    private Tensor _noisy;
    private (Tensor Noisy, Tensor Clean)? _history;
    private Tensor? _kept;
    private int _at;

    /// <summary>Begins with noise, or with a picture and some noise.</summary>
    /// <param name="network">The network; its weights are not touched.</param>
    /// <param name="options">How critics steer.</param>
    /// <param name="size">Side of the picture in pixels.</param>
    /// <param name="steps">Times of the schedule.</param>
    /// <param name="taken">How many of them are taken; the first, noisiest ones are left out.</param>
    /// <param name="generator">The randomness; used as long as the brush is.</param>
    /// <param name="picture"><c>[1, 3, size, size]</c> in [0, 1]; null for noise alone.</param>
    public DiffusionBrush(DiffusionUNet network, DiffusionOptions options, int size, int steps, int taken, Generator generator, Tensor? picture = null)
    {
        (_network, _options, _generator) = (network, options, generator);
        _schedule = new NoiseSchedule(network.Config, Math.Min(steps, network.Config.Steps));
        _at = Math.Min(taken, _schedule.Count) - 1;
        Size = size;
        using var unowned = TensorScope.Unowned();
        using var frozen = GradMode.Disable();
        _noisy = Drawn();
        if (picture is not null)
        {
            using var scope = new TensorScope();
            var kept = _schedule.Kept[_at];
            _noisy.Copy_((((picture * 2) - 1) * Math.Sqrt(kept)) + (_noisy * Math.Sqrt(1 - kept)));
        }
    }

    /// <inheritdoc/>
    public override int Size { get; }

    /// <inheritdoc/>
    public override void Keep()
    {
        using var scope = new TensorScope();
        _kept?.Dispose();
        _kept = TensorScope.Release(Draw());
    }

    /// <inheritdoc/>
    public override Tensor DrawKept() => _kept?.Clone() ?? Draw();

    /// <inheritdoc/>
    protected override Tensor Render()
    {
        Forget();
        if (_at < 0)
        {
            return ((_noisy + 1) * 0.5).Clamp(0, 1);
        }

        var noisy = TensorScope.Release(_noisy.Clone());
        noisy.RequiresGrad = _options.Through;
        using (_options.Through ? GradMode.Enable() : GradMode.Disable())
        {
            var (noise, _) = _network.Forward(noisy, Ops.Full([1], _schedule.Times[_at], ScalarType.Float32, device: noisy.Device));
            var kept = _schedule.Kept[_at];
            var clean = (noisy - (noise * Math.Sqrt(1 - kept))) * (1 / Math.Sqrt(kept));
            _history = (noisy, TensorScope.Release(clean));
        }

        return ((_history.Value.Clean.Detach() + 1) * 0.5).Clamp(0, 1);
    }

    /// <inheritdoc/>
    protected override void Move(Tensor gradient, double rate)
    {
        if (_history is not { } history)
        {
            return;
        }

        var direction = _options.Through ? Autograd.Grad(history.Clean, [history.Noisy], gradient * 0.5)[0] : gradient;
        var (kept, before) = (_schedule.Kept[_at], _schedule.KeptBefore(_at));
        // The clean picture as it would be if it were in range, and the noise that then is in the noisy one.
        var clean = history.Clean.Detach().Clamp(-1, 1);
        var noise = (history.Noisy.Detach() - (clean * Math.Sqrt(kept))) * (1 / Math.Sqrt(1 - kept));
        var deviation = Math.Sqrt(_schedule.PosteriorVariance(_at));
        var added = _options.Eta * deviation;
        var next = (clean * Math.Sqrt(before)) + (noise * Math.Sqrt(Math.Max(0, 1 - before - (added * added))));
        var length = direction.LinalgVectorNorm().ToDouble();
        if (length > 0 && _options.Strength > 0)
        {
            // As if each of its numbers had a deviation of 1: what a step moves is then comparable with the noise that it takes away.
            next -= direction * (_options.Strength * rate * deviation * Math.Sqrt(direction.Elements) / length);
        }

        if (added > 0 && _at > 0)
        {
            next += Drawn() * added;
        }

        _noisy.Copy_(next);
        _at--;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Forget();
        _noisy.Dispose();
        _kept?.Dispose();
    }

    private Tensor Drawn() => RandomDraws.Normal([1, 3, Size, Size], _generator, _network.Device);

    private void Forget()
    {
        _history?.Noisy.Dispose();
        _history?.Clean.Dispose();
        _history = null;
    }
}
