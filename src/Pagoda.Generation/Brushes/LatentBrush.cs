using Pagoda.Generation.Recipes;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;
using Pagoda.Torch.Optimizers;

namespace Pagoda.Generation.Brushes;

/// <summary>
/// The parameters are vectors among a VQGAN's codes (VQGAN+CLIP, Crowson et al. 2022, arXiv 2204.08583): each is replaced by its nearest code, the codes are decoded, and the
/// gradient passes straight through the choice. A large picture is worked on in tiles: each step decodes one of them anew, and critics see it
/// within the rest of the picture.
/// </summary>
public sealed class LatentBrush : Brush
{
    // What is decoded around a tile, in tokens, so that its edges look as they would within the whole.
    private const int Margin = 4;

    private readonly VqganModel _vqgan;
    private readonly Tensor _latents;
    private readonly Tensor _least;
    private readonly Tensor _most;
    private readonly Tensor _picture;
    private readonly Adam _adam;
    private readonly double _rate;
    private readonly Tile[] _tiles;
    private (Tensor Codes, Tensor Decoded)? _history;
    private Tensor? _kept;
    private int _next;

    /// <summary>Begins.</summary>
    /// <param name="vqgan">The VQGAN; its weights are not touched.</param>
    /// <param name="tokens">The picture to begin with, <c>[1, h, w]</c>.</param>
    /// <param name="recipe">Its step size.</param>
    /// <param name="tile">Tokens along a side of a tile; 0 for one tile.</param>
    public LatentBrush(VqganModel vqgan, Tensor tokens, Recipe recipe, int tile = 0)
    {
        (_vqgan, _rate) = (vqgan, recipe.LearningRate);
        using var unowned = TensorScope.Unowned();
        using var frozen = GradMode.Disable();
        var (height, width) = ((int)tokens.Size(1), (int)tokens.Size(2));
        _latents = vqgan.Lookup(tokens).To(ScalarType.Float32).Contiguous();
        _latents.RequiresGrad = true;
        // Beyond all codes a vector could run away without its picture changing.
        _least = vqgan.Quantizer.Codebook.Amin([0]).View([1, -1, 1, 1]);
        _most = vqgan.Quantizer.Codebook.Amax([0]).View([1, -1, 1, 1]);
        _adam = new Adam([new ParameterGroup([("latents", _latents)], 0)]);
        _tiles = [.. Tile.Over(height, width, tile)];
        _picture = Ops.Zeros([1, 3, height * vqgan.Config.Factor, width * vqgan.Config.Factor], ScalarType.Float32, device: vqgan.Device);
        DrawAll(_latents, _picture);
    }

    /// <inheritdoc/>
    public override int Size => (int)_picture.Size(3);

    /// <inheritdoc/>
    protected override Tensor Render()
    {
        Forget();
        var tile = _tiles[_next];
        var codes = TensorScope.Release(Chosen(tile.With(Margin).Of(_latents)).Clone());
        codes.RequiresGrad = true;
        using (GradMode.Enable())
        {
            _history = (codes, TensorScope.Release((_vqgan.Decode(codes).To(ScalarType.Float32) + 1) * 0.5));
        }

        Put(_history.Value.Decoded, tile, _picture);
        return _picture.Clone();
    }

    /// <inheritdoc/>
    protected override void Move(Tensor gradient, double rate)
    {
        var (codes, decoded) = _history!.Value;
        var tile = _tiles[_next];
        var all = decoded.ZerosLike();
        tile.Scaled(_vqgan.Config.Factor).Within(tile.With(Margin).Scaled(_vqgan.Config.Factor)).Of(all).Copy_(tile.Scaled(_vqgan.Config.Factor).Of(gradient));
        // Where the decoder goes beyond black or white, only the way back counts.
        var beyond = decoded.Detach() - decoded.Detach().Clamp(0, 1);
        all *= (all * beyond).Ge(0).To(ScalarType.Float32);
        var gradients = _latents.ZerosLike();
        tile.With(Margin).Of(gradients).Copy_(Autograd.Grad(decoded, [codes], all)[0]);
        _latents.Grad = gradients;
        _adam.LearningRate = _rate * rate;
        var before = _tiles.Length == 1 ? null : _latents.Detach().Clone();
        _adam.Step();
        _latents.Grad = null;
        if (before is not null)
        {
            // What was not looked at stays, whatever way it had been going.
            var moved = tile.With(Margin).Of(_latents).Clone();
            _latents.Copy_(before);
            tile.With(Margin).Of(_latents).Copy_(moved);
        }

        _latents.Copy_(_latents.Maximum(_least).Minimum(_most));
        _next = (_next + 1) % _tiles.Length;
    }

    /// <inheritdoc/>
    public override void Keep()
    {
        using var unowned = TensorScope.Unowned();
        using var frozen = GradMode.Disable();
        _kept?.Dispose();
        _kept = _latents.Detach().Clone();
    }

    /// <inheritdoc/>
    public override Tensor DrawKept()
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var picture = _picture.ZerosLike();
        DrawAll(_kept ?? _latents, picture);
        return scope.Keep(picture);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Forget();
        _kept?.Dispose();
        foreach (var tensor in new[] { _latents, _least, _most, _picture }.Concat(_adam.State.Select(state => state.Tensor)))
        {
            tensor.Dispose();
        }
    }

    private Tensor Chosen(Tensor latents) => _vqgan.Lookup(_vqgan.Quantizer.NearestCodes(latents));

    private void DrawAll(Tensor latents, Tensor picture)
    {
        foreach (var tile in _tiles)
        {
            using var scope = new TensorScope();
            Put((_vqgan.Decode(Chosen(tile.With(Margin).Of(latents))).To(ScalarType.Float32) + 1) * 0.5, tile, picture);
        }
    }

    private void Put(Tensor decoded, Tile tile, Tensor picture)
    {
        var (inner, outer) = (tile.Scaled(_vqgan.Config.Factor), tile.With(Margin).Scaled(_vqgan.Config.Factor));
        inner.Of(picture).Copy_(inner.Within(outer).Of(decoded.Detach()).Clamp(0, 1));
    }

    private void Forget()
    {
        _history?.Codes.Dispose();
        _history?.Decoded.Dispose();
        _history = null;
    }

    /// <summary>A rectangle of a map of <paramref name="MapHeight"/> by <paramref name="MapWidth"/>.</summary>
    private readonly record struct Tile(int Top, int Left, int Height, int Width, int MapHeight, int MapWidth)
    {
        /// <summary>Tiles that cover a map side by side, at most so large.</summary>
        public static IEnumerable<Tile> Over(int height, int width, int side)
        {
            var (rows, columns) = side == 0 ? (1, 1) : ((height + side - 1) / side, (width + side - 1) / side);
            for (var row = 0; row < rows; row++)
            {
                for (var column = 0; column < columns; column++)
                {
                    var (top, left) = (height * row / rows, width * column / columns);
                    yield return new Tile(top, left, (height * (row + 1) / rows) - top, (width * (column + 1) / columns) - left, height, width);
                }
            }
        }

        public Tile With(int margin)
        {
            var (top, left) = (Math.Max(0, Top - margin), Math.Max(0, Left - margin));
            return this with
            {
                Top = top,
                Left = left,
                Height = Math.Min(MapHeight, Top + Height + margin) - top,
                Width = Math.Min(MapWidth, Left + Width + margin) - left,
            };
        }

        public Tile Scaled(int factor) => new(Top * factor, Left * factor, Height * factor, Width * factor, MapHeight * factor, MapWidth * factor);

        /// <summary>The same place counted from the corner of another rectangle around it.</summary>
        public Tile Within(Tile outer) => new(Top - outer.Top, Left - outer.Left, Height, Width, outer.Height, outer.Width);

        public Tensor Of(Tensor map) => map.Detach().Narrow(2, Top, Height).Narrow(3, Left, Width);
    }
}
