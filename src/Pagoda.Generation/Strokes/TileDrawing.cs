using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Pagoda.Generation.Strokes;

/// <summary>One thread's working space to draw tiles in, and to go back through them.</summary>
/// <param name="drawing">The drawing.</param>
/// <param name="tiles">Its tiles.</param>
internal sealed class TileDrawing(StrokeDrawing drawing, Tiles tiles)
{
    private const int Area = Coverage.Area;
    private const int Side = Coverage.Side;

    private readonly float[] _colors = new float[3 * Area];
    private readonly float[] _gradient = new float[3 * Area];
    private readonly float[] _ofCover = new float[Area];
    private readonly List<Layer> _layers = [];
    private int _used;

    /// <summary>Draws a tile.</summary>
    /// <param name="tile">Which.</param>
    /// <param name="keep">Whether <see cref="Back"/> follows, for which each layer is kept.</param>
    public void Draw(int tile, bool keep)
    {
        var (left, top) = tiles.Corner(tile);
        for (var channel = 0; channel < 3; channel++)
        {
            _colors.AsSpan(channel * Area, Area).Fill(drawing.Background[channel]);
        }

        _used = 0;
        foreach (var shape in tiles.ShapesOf(tile))
        {
            var layer = Next();
            layer.Shape = shape;
            if (!Cover(layer, shape, left, top))
            {
                continue;
            }

            if (keep)
            {
                _colors.CopyTo(layer.Before, 0);
                _used++;
            }

            var color = drawing.Colors.AsSpan(4 * shape, 4);
            var cover = Eights(layer.Cover);
            for (var channel = 0; channel < 3; channel++)
            {
                var under = Eights(_colors.AsSpan(channel * Area, Area));
                var over = Vector256.Create(color[channel]);
                for (var i = 0; i < under.Length; i++)
                {
                    under[i] += cover[i] * color[3] * (over - under[i]);
                }
            }
        }
    }

    /// <summary>Puts the tile into the picture.</summary>
    public void CopyTo(int tile, float[] picture)
    {
        foreach (var (from, to, count) in Rows(tile))
        {
            _colors.AsSpan(from, count).CopyTo(picture.AsSpan(to));
        }
    }

    /// <summary>Adds the tile's part to a gradient; <see cref="Draw"/> has just drawn and kept it.</summary>
    /// <param name="tile">Which.</param>
    /// <param name="picture">The gradient of the picture's numbers.</param>
    /// <param name="sum">Added to.</param>
    public void Back(int tile, ReadOnlySpan<float> picture, TileGradient sum)
    {
        _gradient.AsSpan().Clear();
        foreach (var (from, to, count) in Rows(tile))
        {
            picture.Slice(to, count).CopyTo(_gradient.AsSpan(from));
        }

        var (left, top) = tiles.Corner(tile);
        for (var at = _used - 1; at >= 0; at--)
        {
            var layer = _layers[at];
            BackOfColors(layer, sum.Colors.AsSpan(4 * layer.Shape, 4));
            var vertices = tiles.Lines.Of(layer.Shape);
            var x = tiles.Lines.X.AsSpan(vertices);
            var y = tiles.Lines.Y.AsSpan(vertices);
            var gx = sum.X.AsSpan(vertices);
            var gy = sum.Y.AsSpan(vertices);
            if (drawing.Shapes[layer.Shape].Kind == StrokeKind.Line)
            {
                sum.Widths[layer.Shape] += Coverage.BackOfLine(x, y, drawing.Widths[layer.Shape], left, top, layer.Nearest, _ofCover, gx, gy);
            }
            else
            {
                Coverage.BackOfArea(x, y, left, top, layer.Wound, _ofCover, gx, gy);
            }
        }

        for (var channel = 0; channel < 3; channel++)
        {
            foreach (var value in _gradient.AsSpan(channel * Area, Area))
            {
                sum.Background[channel] += value;
            }
        }
    }

    /// <summary>Adds what the tile would lose without each of its shapes; <see cref="Draw"/> has just drawn and kept it.</summary>
    /// <param name="tile">Which.</param>
    /// <param name="shares">For each shape of the drawing.</param>
    public void AddShares(int tile, Span<StrokeShare> shares)
    {
        // What a shape adds is seen through the shapes over it.
        var through = _ofCover.AsSpan();
        through.Clear();
        foreach (var (from, _, count) in Rows(tile).Where(row => row.Here < Area))
        {
            through.Slice(from, count).Fill(1);
        }

        for (var at = _used - 1; at >= 0; at--)
        {
            var layer = _layers[at];
            var color = drawing.Colors.AsSpan(4 * layer.Shape, 4);
            double sum = 0;
            var largest = 0f;
            for (var i = 0; i < Area; i++)
            {
                var opaque = layer.Cover[i] * color[3] * through[i];
                for (var channel = 0; channel < 3; channel++)
                {
                    var change = Math.Abs(opaque * (color[channel] - layer.Before[(channel * Area) + i]));
                    sum += change;
                    largest = Math.Max(largest, change);
                }

                through[i] *= 1 - (layer.Cover[i] * color[3]);
            }

            ref var share = ref shares[layer.Shape];
            share = new StrokeShare(share.Sum + sum, Math.Max(share.Largest, largest));
        }
    }

    /// <summary>Takes the gradient from above a layer to below it, and what is due to its colour and its coverage.</summary>
    private void BackOfColors(Layer layer, Span<float> colors)
    {
        var color = drawing.Colors.AsSpan(4 * layer.Shape, 4);
        var cover = Eights(layer.Cover);
        var ofCover = Eights(_ofCover);
        ofCover.Clear();
        for (var channel = 0; channel < 3; channel++)
        {
            var gradient = Eights(_gradient.AsSpan(channel * Area, Area));
            var before = Eights(layer.Before.AsSpan(channel * Area, Area));
            var (over, sum) = (Vector256.Create(color[channel]), Vector256<float>.Zero);
            for (var i = 0; i < cover.Length; i++)
            {
                var opaque = cover[i] * color[3];
                sum += gradient[i] * opaque;
                ofCover[i] += gradient[i] * (over - before[i]);
                gradient[i] *= Vector256<float>.One - opaque;
            }

            colors[channel] += Vector256.Sum(sum);
        }

        var ofOpacity = Vector256<float>.Zero;
        for (var i = 0; i < cover.Length; i++)
        {
            ofOpacity += ofCover[i] * cover[i];
            ofCover[i] *= color[3];
        }

        colors[3] += Vector256.Sum(ofOpacity);
    }

    private static Span<Vector256<float>> Eights(Span<float> numbers) => MemoryMarshal.Cast<float, Vector256<float>>(numbers);

    private bool Cover(Layer layer, int shape, int left, int top)
    {
        var vertices = tiles.Lines.Of(shape);
        var x = tiles.Lines.X.AsSpan(vertices);
        var y = tiles.Lines.Y.AsSpan(vertices);
        return drawing.Shapes[shape].Kind == StrokeKind.Line
            ? Coverage.OfLine(x, y, drawing.Widths[shape], left, top, layer.Cover, layer.Nearest)
            : Coverage.OfArea(x, y, left, top, layer.Wound, layer.Cover);
    }

    /// <summary>Where the rows of a tile that are within the picture begin, here and there, and how long they are; for all three planes.</summary>
    private IEnumerable<(int Here, int There, int Count)> Rows(int tile)
    {
        var (left, top) = tiles.Corner(tile);
        var (width, height) = (Math.Min(Side, drawing.Width - left), Math.Min(Side, drawing.Height - top));
        for (var channel = 0; channel < 3; channel++)
        {
            for (var row = 0; row < height; row++)
            {
                yield return ((channel * Area) + (row * Side), (((channel * drawing.Height) + top + row) * drawing.Width) + left, width);
            }
        }
    }

    private Layer Next()
    {
        if (_used == _layers.Count)
        {
            _layers.Add(new Layer());
        }

        return _layers[_used];
    }

    /// <summary>What a shape covers of a tile, and the colours under it.</summary>
    private sealed class Layer
    {
        public int Shape { get; set; }

        public float[] Cover { get; } = new float[Area];

        public int[] Nearest { get; } = new int[Area];

        public float[] Wound { get; } = new float[Area];

        public float[] Before { get; } = new float[3 * Area];
    }
}
