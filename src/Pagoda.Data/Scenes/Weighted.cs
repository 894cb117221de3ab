namespace Pagoda.Data.Scenes;

/// <summary>Draws items with given weights, by bisection of the cumulative sum.</summary>
internal sealed class Weighted<T>
{
    private readonly T[] _items;
    private readonly double[] _upTo;

    public Weighted(T[] items, Func<T, double> weight)
    {
        _items = items;
        _upTo = new double[items.Length];
        var total = 0.0;
        for (var i = 0; i < items.Length; i++)
        {
            _upTo[i] = total += weight(items[i]);
        }
    }

    public int Count => _items.Length;

    public T Draw(ref SampleRandom random)
    {
        var at = Array.BinarySearch(_upTo, random.NextDouble() * _upTo[^1]);
        // On a boundary the next item begins; a weight of 0 is never met.
        at = at < 0 ? ~at : at + 1;
        return _items[Math.Min(at, _items.Length - 1)];
    }
}
