namespace Pagoda.Torch.Optimizers;

/// <summary>Parameters that share a weight decay.</summary>
/// <param name="Parameters">Names and tensors.</param>
/// <param name="WeightDecay">Decay for these parameters.</param>
public sealed record ParameterGroup(IReadOnlyList<(string Name, Tensor Tensor)> Parameters, double WeightDecay);

/// <summary>Changes parameters along their gradients.</summary>
public abstract class Optimizer
{
    /// <summary>Takes over parameters; each must be a leaf that requires a gradient by the first step.</summary>
    protected Optimizer(IEnumerable<ParameterGroup> groups) => Groups = [.. groups];

    /// <summary>Its parameters.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>Step size of the next step.</summary>
    public double LearningRate { get; set; }

    /// <summary>Steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Changes the parameters by the gradients they hold; those without one stay.</summary>
    public void Step()
    {
        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        Steps++;
        foreach (var group in Groups)
        {
            var with = group.Parameters.Select(p => (p.Name, p.Tensor, Grad: p.Tensor.Grad)).Where(p => p.Grad is not null).ToArray();
            if (with.Length > 0)
            {
                Update([.. with.Select(p => p.Name)], [.. with.Select(p => p.Tensor)], [.. with.Select(p => p.Grad!)], group.WeightDecay);
            }
        }
    }

    /// <summary>Forgets the gradients.</summary>
    public void ZeroGrad()
    {
        foreach (var (_, tensor) in Groups.SelectMany(group => group.Parameters))
        {
            tensor.Grad = null;
        }
    }

    /// <summary>The optimiser's own tensors by name, for a checkpoint; <see cref="Restore"/> takes them back.</summary>
    public abstract IEnumerable<(string Name, Tensor Tensor)> State { get; }

    /// <summary>Puts saved state back.</summary>
    /// <param name="steps">What <see cref="Steps"/> was.</param>
    /// <param name="read">Reads a tensor of <see cref="State"/> by its name; null when it was not saved.</param>
    public void Restore(long steps, Func<string, Tensor?> read)
    {
        using var frozen = GradMode.Disable();
        Steps = steps;
        if (steps == 0)
        {
            return;
        }

        foreach (var (name, tensor) in Groups.SelectMany(group => group.Parameters))
        {
            RestoreOne(name, tensor, read);
        }
    }

    /// <summary>Scales the gradients so that their joint L2 norm is at most <paramref name="limit"/> (torch.nn.utils.clip_grad_norm_).</summary>
    /// <returns>The norm before.</returns>
    public double ClipGradients(double limit)
    {
        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        var grads = Groups.SelectMany(group => group.Parameters).Select(p => p.Tensor.Grad).OfType<Tensor>().ToArray();
        return ClipNorm(grads, limit);
    }

    /// <summary>Scales gradients in place so that their joint L2 norm is at most <paramref name="limit"/>.</summary>
    /// <returns>The norm before.</returns>
    public static double ClipNorm(Tensor[] grads, double limit)
    {
        if (grads.Length == 0)
        {
            return 0;
        }

        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        var norm = Ops.Stack(Ops.ForeachNorm(grads, 2)).LinalgVectorNorm(2).ToDouble();
        var factor = limit / (norm + 1e-6);
        if (factor < 1)
        {
            Ops.ForeachMul_(grads, factor);
        }

        return norm;
    }

    /// <summary>One step for the parameters of a group that have gradients.</summary>
    protected abstract void Update(string[] names, Tensor[] parameters, Tensor[] grads, double weightDecay);

    /// <summary>Reads back the state of one parameter.</summary>
    protected abstract void RestoreOne(string name, Tensor parameter, Func<string, Tensor?> read);

    /// <summary>A zero tensor like a parameter that outlives every scope.</summary>
    protected static Tensor LongLived(Tensor like)
    {
        using var unowned = TensorScope.Unowned();
        return like.ZerosLike();
    }
}
