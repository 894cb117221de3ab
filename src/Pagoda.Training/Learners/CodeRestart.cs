using Pagoda.Torch;
using Pagoda.Torch.Distributed;

namespace Pagoda.Training.Learners;

/// <summary>
/// Follows how often each code of a codebook is chosen, and moves those that nothing chooses to vectors of the batch (Dhariwal et al.
/// 2020, Jukebox, arXiv 2005.00341, section 3.1: random restarts). The first time none has been chosen yet, so that the codebook begins
/// at the data.
/// </summary>
internal sealed class CodeRestart
{
    /// <summary>The count of a step is forgotten as fast as 0.99 to the power of the steps since.</summary>
    private const double Decay = 0.99;

    /// <summary>A code is dead when it is chosen less often than this share of what an even use would be.</summary>
    private const double Dead = 0.03;

    private readonly Tensor _codebook;
    private readonly VqganOptions _options;
    private readonly long _last;
    private readonly ProcessGroup? _group;
    private readonly Tensor _counts;
    private Tensor? _vectors;

    public CodeRestart(Tensor codebook, VqganOptions options, long steps, ProcessGroup? group)
    {
        (_codebook, _options, _group) = (codebook, options, group);
        _last = (long)(options.RestartUntil * steps);
        using var unowned = TensorScope.Unowned();
        _counts = Ops.Zeros([codebook.Size(0)]);
        _new = Ops.Zeros([codebook.Size(0)]);
    }

    private readonly Tensor _new;

    public IEnumerable<(string Name, Tensor Tensor)> State => [("code_counts", _counts)];

    public void Restore(Func<string, Tensor?> read)
    {
        using var frozen = GradMode.Disable();
        if (read("code_counts") is { } saved)
        {
            _counts.Copy_(saved);
        }
    }

    /// <summary>Takes in a chunk's choices <c>[N, h, w]</c> and the latents <c>[N, D, h, w]</c> that they stand for.</summary>
    public void Count(Tensor indices, Tensor latents)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var flat = indices.Flatten().To(device: Device.Cpu);
        _new.ScatterAdd_(0, flat, Ops.Ones([flat.Elements]));
        if (_options.RestartEvery > 0)
        {
            _vectors?.Dispose();
            _vectors = TensorScope.Release(latents.Detach().Permute([0, 2, 3, 1]).Reshape([-1, latents.Size(1)]).To(ScalarType.Float32).Clone());
        }
    }

    /// <summary>Share of the codes in use, and the perplexity of their use, of late.</summary>
    public IEnumerable<(string Name, double Value)> Usage()
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        _group?.AllReduce([_new]);
        _counts.Mul_(Decay).Add_(_new);
        _new.Zero_();
        var share = _counts / _counts.Sum();
        var entropy = -(share * (share + 1e-30).Log()).Sum().ToDouble();
        return [("codes_used", 1 - DeadCodes().To(ScalarType.Float32).Mean().ToDouble()), ("perplexity", Math.Exp(entropy))];
    }

    /// <summary>Restarts dead codes, where it is time to.</summary>
    /// <param name="step">Steps done before this one.</param>
    /// <param name="average">The codebook's moving average, which restarts too; null where there is none.</param>
    public void AfterStep(long step, Tensor? average)
    {
        if (_options.RestartEvery == 0 || step % _options.RestartEvery != 0 || step >= _last || _vectors is null)
        {
            return;
        }

        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        // At the first step the counts are those of one batch by a codebook that has seen nothing.
        var dead = step == 0 ? Ops.Ones([_codebook.Size(0)], ScalarType.Bool) : DeadCodes();
        var picked = Ops.Randint(0, _vectors.Size(0), [_codebook.Size(0)]).To(device: _vectors.Device);
        var vectors = _vectors.IndexSelect(0, picked);
        _group?.Broadcast([vectors]);
        var where = dead.To(device: _codebook.Device).Unsqueeze(1);
        _codebook.Copy_(Ops.Where(where, vectors, _codebook));
        average?.Copy_(Ops.Where(where, vectors, average));
        // A restarted code has as long to be chosen as one in even use.
        _counts.Copy_(Ops.Where(dead, _counts.Mean().Expand(_counts.Shape.ToArray()), _counts));
    }

    private Tensor DeadCodes() => _counts.Lt(_counts.Mean().ToDouble() * Dead);
}
