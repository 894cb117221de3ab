using Pagoda.Torch;

namespace Pagoda.Training.Batches;

/// <summary>
/// Inputs on their way through a tower and, once the loss has given the features' gradients, back. When the inputs go in one
/// piece their graph is kept between the two; otherwise the features come first, without a graph, and each chunk goes forward
/// again before it goes back (Gao et al. 2021, arXiv 2101.06983), which takes the memory of one chunk. A tower given as
/// segments keeps only what passes between them and runs each again on the way back (Chen et al. 2016, arXiv 1604.06174).
/// </summary>
/// <param name="inputs">What goes in; its first dimension is cut into chunks.</param>
/// <param name="encode">The tower.</param>
/// <param name="chunk">Inputs at a time; 0 takes all.</param>
/// <param name="segments">The tower as a chain that is run again on the way back; null keeps the whole graph.</param>
internal sealed class Pass(Tensor inputs, Func<Tensor, Tensor> encode, int chunk, IReadOnlyList<Func<Tensor, Tensor>>? segments)
{
    private readonly bool _keepsGraph = segments is null && (chunk <= 0 || chunk >= inputs.Size(0));
    private Tensor? _graph;

    /// <summary>The features of all inputs, <c>[N, embed]</c>, without a graph.</summary>
    public Tensor Forward()
    {
        if (_keepsGraph)
        {
            _graph = encode(inputs);
            return _graph.Detach();
        }

        using var frozen = GradMode.Disable();
        return Ops.Cat([.. Chunks().Select(rows =>
        {
            using var scope = new TensorScope();
            return scope.Keep(encode(Rows(inputs, rows)));
        })]);
    }

    /// <summary>Adds the weights' gradients, given the features' <c>[N, embed]</c>; and the inputs', where they require them.</summary>
    public void Backward(Tensor gradient)
    {
        if (_graph is not null)
        {
            Autograd.Backward((_graph * gradient).Sum());
            return;
        }

        foreach (var rows in Chunks())
        {
            using var scope = new TensorScope();
            var (piece, given) = (Rows(inputs, rows), Rows(gradient, rows));
            if (segments is null)
            {
                Autograd.Backward((encode(piece) * given).Sum());
            }
            else
            {
                BackwardAgain(piece, given, segments);
            }
        }
    }

    private static void BackwardAgain(Tensor piece, Tensor gradient, IReadOnlyList<Func<Tensor, Tensor>> segments)
    {
        var between = new List<Tensor> { piece };
        using (GradMode.Disable())
        {
            foreach (var segment in segments.SkipLast(1))
            {
                using var scope = new TensorScope();
                between.Add(scope.Keep(segment(between[^1])));
            }
        }

        for (var i = segments.Count - 1; i >= 0; i--)
        {
            using var scope = new TensorScope();
            var first = i == 0;
            // The first segment's input is the caller's own, with or without a graph behind it.
            var leaf = first ? piece : between[i].Detach().WithGrad();
            Autograd.Backward((segments[i](leaf) * gradient).Sum());
            if (!first)
            {
                gradient = scope.Keep(leaf.Grad!);
                between[i].Dispose();
            }
        }
    }

    private IEnumerable<(long From, long Count)> Chunks()
    {
        var (count, size) = (inputs.Size(0), chunk > 0 ? chunk : inputs.Size(0));
        for (long from = 0; from < count; from += size)
        {
            yield return (from, Math.Min(size, count - from));
        }
    }

    private static Tensor Rows(Tensor whole, (long From, long Count) rows) => whole.Narrow(0, rows.From, rows.Count);
}
