using Pagoda.Torch;
using Pagoda.Training.Batches;

namespace Pagoda.Training.Objectives;

/// <summary>What negatives are painted from.</summary>
public enum NegativeStart
{
    /// <summary>Uniform noise.</summary>
    Noise,
    /// <summary>Near white, with faint clouds and grain: what pictures of single things on plain ground begin with.</summary>
    Soft,
    /// <summary>Samples of a bank of Gaussians, <c>energy.bank</c>.</summary>
    Bank,
}

/// <summary>Draws pictures from a bank: how many, of what width and height, from which seed, to <c>[count, 3, size, size]</c> in [0, 1] on the processor.</summary>
public delegate Tensor BankSampler(int count, int size, ulong seed);

/// <summary>Draws the pictures that negatives begin with, the same for any number of ranks.</summary>
internal sealed class NegativeStarts(NegativeStart kind, BankSampler? bank, WholeBatch batch)
{
    private const double Level = 0.9;
    private const double Clouds = 0.08;
    private const double Grain = 0.02;

    /// <summary>This rank's share, <c>[count, 3, size, size]</c> in [0, 1].</summary>
    public Tensor Draw(long count, long size, Device device)
    {
        using var frozen = GradMode.Disable();
        switch (kind)
        {
            case NegativeStart.Noise:
                return batch.Drawn(shape => Ops.Rand(shape, device: device), count, 3, size, size);
            case NegativeStart.Soft:
                var clouds = batch.Drawn(shape => Ops.Randn(shape, device: device), count, 3, 8, 8).UpsampleBilinear2d([size, size], false) * Clouds;
                return (clouds + (batch.Drawn(shape => Ops.Randn(shape, device: device), count, 3, size, size) * Grain) + Level).Clamp(0, 1);
            default:
                var seed = (ulong)Ops.Randint(0, long.MaxValue, [1]).ToInt64();
                return batch.Own(bank!((int)count * batch.Ranks, (int)size, seed).To(device: device));
        }
    }
}
