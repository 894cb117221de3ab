using Pagoda.Torch;

namespace Pagoda.Evaluation.Features;

/// <summary>Rows of features kept on the processor as float32, in place, where their number is known before; else room is doubled as they come.</summary>
internal sealed class FeatureRows : IDisposable
{
    private Tensor? _all;
    private long _count;

    /// <summary>Rows to make room for at the first ones.</summary>
    public long Expected { get; init; } = 1024;

    /// <summary>Takes rows <c>[N, D]</c> in.</summary>
    public void Add(Tensor rows)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var needed = _count + rows.Size(0);
        if (_all is null || needed > _all.Size(0))
        {
            var larger = Ops.Zeros([Math.Max(needed, _all is null ? Expected : 2 * _count), rows.Size(1)], ScalarType.Float32);
            if (_all is not null)
            {
                larger.Narrow(0, 0, _count).Copy_(_all.Narrow(0, 0, _count));
                _all.Dispose();
            }

            _all = TensorScope.Release(larger);
        }

        _all.Narrow(0, _count, rows.Size(0)).Copy_(rows);
        _count = needed;
    }

    /// <summary>The rows, <c>[N, D]</c>, which become the caller's; null where none came.</summary>
    public Tensor? Take()
    {
        if (_all is null)
        {
            return null;
        }

        using var scope = new TensorScope();
        var taken = _count == _all.Size(0) ? _all : TensorScope.Release(_all.Narrow(0, 0, _count).Clone());
        if (!ReferenceEquals(taken, _all))
        {
            _all.Dispose();
        }

        _all = null;
        return taken;
    }

    public void Dispose() => _all?.Dispose();
}
