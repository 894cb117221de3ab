using Pagoda.Generation.Recipes;
using Pagoda.Generation.Strokes;
using Pagoda.Torch;
using Pagoda.Torch.Optimizers;

namespace Pagoda.Generation.Brushes;

/// <summary>The parameters are points, widths and colours of strokes (CLIPDraw, arXiv 2106.14843).</summary>
public sealed class StrokeBrush : Brush
{
    // Steps of points become smaller twice, as in CLIPDraw's code.
    private static readonly (double From, double Rate)[] s_schedule = [(0.75, 0.1), (0.5, 0.4), (0, 1)];

    private readonly StrokeOptions _options;
    private readonly Device _device;
    private readonly Recipe _recipe;
    private readonly float[][] _palette;
    private readonly StrokeDrawing _drawing;
    private readonly (Adam Adam, Tensor Parameters, float[] Values, double Rate)[] _learning;
    private StrokeDrawing? _kept;
    private int _step;

    /// <summary>Draws strokes at random.</summary>
    /// <param name="options">How many, and how they learn.</param>
    /// <param name="size">Side of the picture in pixels.</param>
    /// <param name="recipe">How many steps there will be, and by what its step size multiplies the strokes' own.</param>
    /// <param name="generator">Where the strokes are, and their colours.</param>
    /// <param name="device">Where critics want the picture.</param>
    /// <param name="picture">A picture that gives each stroke the colour that it has where the stroke begins, <c>[1, 3, size, size]</c>; null for colours by chance.</param>
    /// <exception cref="GenerationException">An option is out of range.</exception>
    public StrokeBrush(StrokeOptions options, int size, Recipe recipe, Generator generator, Device device, Tensor? picture = null)
    {
        options.Check();
        (_options, _device, _recipe) = (options, device, recipe);
        _palette = [.. options.Palette.Select(StrokeOptions.ParseColor)];
        _drawing = RandomStrokes.Draw(options, size, generator, picture?.ToArray<float>());
        var scale = (double)size / StrokeOptions.Canvas;
        _learning =
        [
            Learn(_drawing.Points, options.PointRate * scale),
            Learn(_drawing.Widths, options.WidthRate * scale),
            Learn(_drawing.Colors, options.ColorRate),
            Learn(_drawing.Background, options.Background == StrokeOptions.Free ? options.ColorRate : 0),
        ];
    }

    /// <inheritdoc/>
    public override int Size => _drawing.Width;

    /// <summary>The drawing that is remembered, or as it is now.</summary>
    public StrokeDrawing Drawing => _kept ?? Shown();

    /// <inheritdoc/>
    protected override Tensor Render() => Render(Shown());

    /// <inheritdoc/>
    protected override void Move(Tensor gradient, double rate)
    {
        var of = StrokeRenderer.Backward(Shown(), gradient.ToArray<float>());
        var share = (double)_step++ / _recipe.Steps;
        var pointRate = s_schedule.First(part => share >= part.From).Rate;
        float[][] gradients = [of.Points, of.Widths, of.Colors, of.Background];
        for (var i = 0; i < gradients.Length; i++)
        {
            var (adam, parameters, values, step) = _learning[i];
            if (step == 0 || values.Length == 0)
            {
                continue;
            }

            using var scope = new TensorScope();
            adam.LearningRate = step * _recipe.LearningRate * rate * (i == 0 ? pointRate : 1);
            parameters.Copy_(Tensor.From(values));
            parameters.Grad = Tensor.From(gradients[i]);
            adam.Step();
            parameters.Grad = null;
            parameters.ToArray<float>().CopyTo(values, 0);
        }

        for (var alpha = 3; alpha < _drawing.Colors.Length; alpha += 4)
        {
            _drawing.Colors[alpha] -= (float)_options.Fading;
        }

        var scale = (float)Size / StrokeOptions.Canvas;
        Clamp(_drawing.Widths, (float)_options.LeastWidth * scale, (float)_options.MostWidth * scale);
        Clamp(_drawing.Colors, 0, 1);
        Clamp(_drawing.Background, 0, 1);
    }

    /// <inheritdoc/>
    public override void Keep() => _kept = Shown();

    /// <inheritdoc/>
    public override Tensor DrawKept() => Render(Drawing);

    /// <inheritdoc/>
    public override void Finish() => _kept = StrokePruning.Prune(Drawing, _options.Prune);

    /// <inheritdoc/>
    public override string WriteSvg(string title) => StrokeSvg.Write(Drawing, title);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (var (adam, parameters, _, _) in _learning)
        {
            parameters.Dispose();
            foreach (var (_, tensor) in adam.State)
            {
                tensor.Dispose();
            }
        }
    }

    /// <summary>A copy as it is seen: with a palette, in the nearest of its colours, to which the strokes' own may move freely between them.</summary>
    private StrokeDrawing Shown()
    {
        var shown = _drawing.Copy();
        for (var i = 0; _palette.Length > 0 && i < shown.Shapes.Count; i++)
        {
            var color = shown.Colors.AsSpan(4 * i, 3);
            var nearest = _palette[0];
            foreach (var candidate in _palette)
            {
                nearest = Distance(candidate, color) < Distance(nearest, color) ? candidate : nearest;
            }

            nearest.CopyTo(color);
        }

        return shown;
    }

    private Tensor Render(StrokeDrawing drawing) =>
        Tensor.From(StrokeRenderer.Render(drawing), 1, 3, drawing.Height, drawing.Width).To(device: _device);

    private static float Distance(float[] candidate, ReadOnlySpan<float> color) =>
        ((candidate[0] - color[0]) * (candidate[0] - color[0])) + ((candidate[1] - color[1]) * (candidate[1] - color[1])) + ((candidate[2] - color[2]) * (candidate[2] - color[2]));

    private static (Adam Adam, Tensor Parameters, float[] Values, double Rate) Learn(float[] values, double rate)
    {
        using var unowned = TensorScope.Unowned();
        var parameters = Tensor.From(values);
        parameters.RequiresGrad = true;
        return (new Adam([new ParameterGroup([("values", parameters)], 0)]), parameters, values, rate);
    }

    private static void Clamp(float[] values, float least, float most)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Math.Clamp(values[i], least, most);
        }
    }
}
