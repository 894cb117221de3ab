using Pagoda.Torch;
using Pagoda.Torch.Distributed;

namespace Pagoda.Evaluation.Features;

/// <summary>Rows of different numbers on the ranks of a run, brought together.</summary>
internal static class RankRows
{
    /// <summary>Every rank's rows, in the order of ranks, in the current scope; ranks without any are left out.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="rows"><c>[N, D]</c>, N of any size on each, D and type the same where there are rows; null for none.</param>
    public static IReadOnlyList<Tensor> Gather(ProcessGroup group, Tensor? rows)
    {
        // The shapes first: what is gathered must have one shape, so that short ones are filled up.
        var sizes = group.AllGather(Tensor.From([rows?.Size(0) ?? 0, rows?.Size(1) ?? 0, (long)(rows?.Type ?? ScalarType.Float32)])).ToArray<long>();
        var counts = Enumerable.Range(0, group.Size).Select(rank => sizes[3 * rank]).ToArray();
        var (most, from) = (counts.Max(), Array.IndexOf(counts, counts.Max()));
        var full = Ops.Zeros([most, sizes[(3 * from) + 1]], (ScalarType)sizes[(3 * from) + 2]);
        if (rows is not null)
        {
            full.Narrow(0, 0, rows.Size(0)).Copy_(rows);
        }

        var all = group.AllGather(full);
        return [.. counts.Index().Where(one => one.Item > 0).Select(one => all.Select(0, one.Index).Narrow(0, 0, one.Item).Contiguous())];
    }
}
