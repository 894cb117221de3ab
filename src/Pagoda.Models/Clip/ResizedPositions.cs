using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>
/// A checkpoint whose image tower has learnt positions for another number of patches than wanted: the grid of them is
/// resized like a picture, the class token's stays (open_clip: src/open_clip/model.py, resize_pos_embed: bicubic with
/// antialiasing, pixel centres at halves).
/// </summary>
internal sealed class ResizedPositions : IWeightSource
{
    private readonly IWeightSource _source;
    private readonly string _name;
    private readonly int _grid;

    private ResizedPositions(IWeightSource source, string name, int grid)
    {
        _source = source;
        _name = name;
        _grid = grid;
    }

    public string Description => _source.Description;

    public IEnumerable<string> Names => _source.Names;

    /// <summary>The checkpoint itself where its positions fit the configuration, else one that resizes them.</summary>
    public static IWeightSource Fit(IWeightSource source, VisionConfig config)
    {
        var (name, grid) = config.Architecture switch
        {
            VisionArchitecture.ViT => ("visual.positional_embedding", config.ImageSize / config.PatchSize),
            VisionArchitecture.ModifiedResNet => ("visual.attnpool.positional_embedding", config.ImageSize / 32),
            _ => ("", 0),
        };
        var stored = source.Shape(name);
        return stored is not { Length: 2 } || stored[0] == (grid * grid) + 1 || !IsSquare(stored[0] - 1) ? source : new ResizedPositions(source, name, grid);
    }

    public long[]? Shape(string name) => name == _name ? [(_grid * _grid) + 1, _source.Shape(name)![1]] : _source.Shape(name);

    public Tensor Read(string name)
    {
        if (name != _name)
        {
            return _source.Read(name);
        }

        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var stored = _source.Read(name);
        var full = stored.To(ScalarType.Float32);
        var side = (long)Math.Sqrt(full.Size(0) - 1);
        var grid = full.Narrow(0, 1, side * side).Reshape([1, side, side, -1]).Permute([0, 3, 1, 2]); // [1, width, side, side]
        var resized = grid.UpsampleBicubic2dAa([_grid, _grid], alignCorners: false);
        var rows = resized.Permute([0, 2, 3, 1]).Reshape([_grid * _grid, full.Size(1)]);
        return scope.Keep(Ops.Cat([full.Narrow(0, 0, 1), rows], 0).To(stored.Type));
    }

    private static bool IsSquare(long number) => number > 0 && (long)Math.Sqrt(number) is var root && root * root == number;
}
