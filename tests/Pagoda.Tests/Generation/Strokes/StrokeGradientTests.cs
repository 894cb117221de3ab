using FsCheck;
using FsCheck.Fluent;
using Pagoda.Generation.Strokes;

namespace Pagoda.Tests.Generation.Strokes;

/// <summary>
/// Gradients against finite differences. Coverage has kinks (another chord becomes the nearest, a pixel is filled up), so that a difference quotient is
/// the gradient at no single place; but it is continuous, so that what a smooth sum over the picture gains along a way is exactly the mean gradient
/// of the way. The way is up to half a pixel long in each coordinate, beside which the picture's rounding is nothing, and the mean is taken over its parts' middles.
/// Each of what can be optimised moves by itself.
/// </summary>
public sealed class StrokeGradientTests
{
    // So that nothing changes by steps.
    private const int Chords = 8;

    // Of the way; a kink within one of them makes the mean wrong by at most half a part of what jumps.
    private const int Parts = 128;

    // Of a scene's size, which is what its numbers contribute without their signs. With 64 parts, over 5000 scenes each, the largest difference above
    // the constant was 0.028 of the size for points and 0.010 for widths, and it falls with the number of parts; the constant is a pixel's kink
    // where next to nothing else moves. The median size is 0.73 for points, 0.09 for widths, 2.4 for colours, so that a wrong sign, a missing term or a
    // factor of 2, for one kind of shape alone, shows in most scenes that have it.
    private const double Tolerance = 0.02;
    private const double Constant = 1e-3;

    [Fact]
    public void Backward_Points_IsWhatThePictureGains() => Check(drawing => drawing.Points, gradient => gradient.Points, Parts, (scene, drawing, random) =>
    {
        var way = new float[drawing.Points.Length];
        for (var i = 0; i < drawing.Shapes.Count; i++)
        {
            var shape = drawing.Shapes[i];
            for (var at = 2 * shape.First; at < 2 * (shape.First + shape.Points); at++)
            {
                // A dot has no gradient but as a whole: whichever point moves alone, it grows.
                way[at] = scene.Shapes[i].Shape == SceneShape.Dot && at >= (2 * shape.First) + 2 ? way[at - 2] : (float)random.NextDouble() - 0.5f;
            }
        }

        return way;
    });

    [Fact]
    public void Backward_Widths_IsWhatThePictureGains() =>
        Check(drawing => drawing.Widths, gradient => gradient.Widths, Parts, (_, drawing, random) => [.. drawing.Widths.Select(width => Math.Min(width, 1) * ((float)random.NextDouble() - 0.5f))]);

    [Fact]
    public void Backward_Colours_IsWhatThePictureGains() =>
        Check(drawing => drawing.Colors, gradient => gradient.Colors, 4, (_, drawing, random) => [.. drawing.Colors.Select(_ => (float)(random.NextDouble() - 0.5) / 4)]);

    [Fact]
    public void Backward_Background_IsWhatThePictureGains() =>
        Check(drawing => drawing.Background, gradient => gradient.Background, 1, (_, drawing, random) => [.. drawing.Background.Select(_ => (float)(random.NextDouble() - 0.5) / 4)]);

    [Fact]
    public void Backward_WhatIsNotSeen_HasNoGradient() =>
        Prop.ForAll(StrokeScene.Any.ToArbitrary(), scene =>
        {
            var drawing = scene.Draw();
            var gradient = StrokeRenderer.Backward(drawing, Weights(drawing, new Random(scene.Seed)));
            for (var i = 0; i < drawing.Shapes.Count; i++)
            {
                if (scene.Shapes[i].Shape is SceneShape.Transparent or SceneShape.Off)
                {
                    Assert.All(gradient.Points.AsSpan(2 * drawing.Shapes[i].First, 2 * drawing.Shapes[i].Points).ToArray(), value => Assert.Equal(0, value));
                    Assert.Equal(0, gradient.Widths[i]);
                    Assert.Equal([0, 0, 0], gradient.Colors.AsSpan(4 * i, 3));
                }
            }
        }).QuickCheckThrowOnFailure();

    private static void Check(Func<StrokeDrawing, float[]> of, Func<StrokeGradient, float[]> ofGradient, int parts, Func<StrokeScene, StrokeDrawing, Random, float[]> way) =>
        Prop.ForAll(StrokeScene.Any.ToArbitrary(), scene =>
        {
            var (drawing, random) = (scene.Draw(), new Random(scene.Seed));
            var weights = Weights(drawing, random);
            var (values, moved) = (of(drawing), way(scene, drawing, random));
            var start = values.ToArray();
            StrokeDrawing At(double place)
            {
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = start[i] + (float)(place * moved[i]);
                }

                return drawing;
            }

            var gained = Sum(At(0.5), weights) - Sum(At(-0.5), weights);
            double mean = 0, size = 0;
            for (var part = 0; part < parts; part++)
            {
                var gradient = ofGradient(StrokeRenderer.Backward(At(((part + 0.5) / parts) - 0.5), weights, Chords));
                mean += gradient.Zip(moved).Sum(pair => (double)pair.First * pair.Second) / parts;
                size += gradient.Zip(moved).Sum(pair => Math.Abs((double)pair.First * pair.Second)) / parts;
            }

            Assert.True(Math.Abs(gained - mean) <= (Tolerance * size) + Constant, $"the picture gains {gained}, the gradient says {mean} of {size}");
        }).QuickCheckThrowOnFailure();

    private static double Sum(StrokeDrawing drawing, float[] weights) => StrokeRenderer.Render(drawing, Chords).Zip(weights).Sum(pair => (double)pair.First * pair.Second);

    /// <summary>A wave over each plane, at least twelve pixels long.</summary>
    private static float[] Weights(StrokeDrawing drawing, Random random)
    {
        var weights = new float[3 * drawing.Width * drawing.Height];
        for (var channel = 0; channel < 3; channel++)
        {
            var (byX, byY, phase) = ((random.NextDouble() - 0.5) * 0.7, (random.NextDouble() - 0.5) * 0.7, random.NextDouble() * 6.3);
            for (var i = 0; i < drawing.Width * drawing.Height; i++)
            {
                weights[(channel * drawing.Width * drawing.Height) + i] = (float)Math.Cos((i % drawing.Width * byX) + (i / drawing.Width * byY) + phase);
            }
        }

        return weights;
    }
}
