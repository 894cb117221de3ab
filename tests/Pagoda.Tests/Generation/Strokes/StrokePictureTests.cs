using FsCheck;
using FsCheck.Fluent;
using Pagoda.Generation.Strokes;

namespace Pagoda.Tests.Generation.Strokes;

/// <summary>What holds for the picture of any drawing.</summary>
public sealed class StrokePictureTests
{
    [Fact]
    public void Render_ColoursInRange_StayInRange() =>
        Prop.ForAll(StrokeScene.Any.ToArbitrary(), scene => Assert.All(StrokeRenderer.Render(scene.Draw()), value => Assert.InRange(value, 0, 1))).QuickCheckThrowOnFailure();

    [Fact]
    public void Render_WhatIsTransparentOrOffTheCanvas_ChangesNothing() =>
        Prop.ForAll(StrokeScene.Any.ToArbitrary(), scene =>
        {
            var drawing = scene.Draw();
            int[] unseen = [.. Enumerable.Range(0, scene.Shapes.Count).Where(i => scene.Shapes[i].Shape is SceneShape.Transparent or SceneShape.Off)];
            Assert.Equal(StrokeRenderer.Render(drawing.Without(unseen)), StrokeRenderer.Render(drawing));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void RenderAndBackward_AnyNumberOfThreads_AreTheSame() =>
        Prop.ForAll(StrokeScene.Any.ToArbitrary(), scene =>
        {
            var drawing = scene.Draw();
            var picture = StrokeRenderer.Render(drawing, null, threads: 1);
            var gradient = StrokeRenderer.Backward(drawing, picture, null, threads: 1);
            foreach (var threads in new[] { 2, 7, -1 })
            {
                Assert.Equal(picture, StrokeRenderer.Render(drawing, null, threads));
                var other = StrokeRenderer.Backward(drawing, picture, null, threads);
                Assert.Equal(gradient.Points, other.Points);
                Assert.Equal(gradient.Widths, other.Widths);
                Assert.Equal(gradient.Colors, other.Colors);
                Assert.Equal(gradient.Background, other.Background);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Render_MovedByWholePixels_IsTheSameElsewhereInItsTiles() =>
        Prop.ForAll(StrokeScene.Any.ToArbitrary(), Gen.Choose(0, 20).Two().ToArbitrary(), (scene, by) =>
        {
            var drawing = scene.Draw();
            var moved = new StrokeDrawing(scene.Width + by.Item1, scene.Height + by.Item2, drawing.Shapes)
            {
                Points = [.. drawing.Points.Select((value, i) => value + (i % 2 == 0 ? by.Item1 : by.Item2))],
                Widths = drawing.Widths,
                Colors = drawing.Colors,
                Background = drawing.Background,
            };
            var (expected, seen) = (StrokeRenderer.Render(drawing, 8), StrokeRenderer.Render(moved, 8));
            for (var i = 0; i < expected.Length; i++)
            {
                var (plane, row, column) = (i / (scene.Width * scene.Height), i / scene.Width % scene.Height, i % scene.Width);
                // Points are rounded otherwise in another place: some millionths of a pixel.
                Assert.Equal(expected[i], seen[(((plane * moved.Height) + row + by.Item2) * moved.Width) + column + by.Item1], 1e-4);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void RenderAndBackward_AShapeThatIsLost_IsNotDrawn()
    {
        var lost = Gen.Elements(float.NaN, float.PositiveInfinity, float.NegativeInfinity, 1e30f, -1e30f, float.MaxValue, 1.1e6f);
        Prop.ForAll(StrokeScene.Any.ToArbitrary(), lost.ToArbitrary(), Gen.Choose(0, 1_000_000).ToArbitrary(), (scene, value, chance) =>
        {
            var (drawing, shape) = (scene.Draw(), chance % scene.Shapes.Count);
            var without = StrokeRenderer.Render(drawing.Without([shape]));
            var numbers = (chance / 7 % 3) switch { 0 => drawing.Points, 1 => drawing.Widths, _ => drawing.Colors };
            // A colour may be any finite number.
            var (first, count) = numbers == drawing.Points ? (2 * drawing.Shapes[shape].First, 2 * drawing.Shapes[shape].Points) : numbers == drawing.Widths ? (shape, 1) : (4 * shape, 4);
            numbers[first + (chance / 21 % count)] = numbers == drawing.Colors ? float.NaN : value;

            Assert.Equal(without, StrokeRenderer.Render(drawing));
            var gradient = StrokeRenderer.Backward(drawing, without);
            Assert.All(gradient.Points.Concat(gradient.Widths).Concat(gradient.Colors), number => Assert.True(float.IsFinite(number)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void RenderAndBackward_FarAway_AreFinite() =>
        Prop.ForAll(StrokeScene.Any.ToArbitrary(), Gen.Choose(1, 5).ToArbitrary(), (scene, power) =>
        {
            var drawing = scene.Draw();
            for (var i = 0; i < drawing.Points.Length; i += 3)
            {
                drawing.Points[i] *= MathF.Pow(10, power) / 6;
            }

            var picture = StrokeRenderer.Render(drawing);
            var gradient = StrokeRenderer.Backward(drawing, picture);
            Assert.All(picture, value => Assert.InRange(value, 0, 1));
            Assert.All(gradient.Points.Concat(gradient.Widths).Concat(gradient.Colors), number => Assert.True(float.IsFinite(number)));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0, 1, 1f, "needs a size")]
    [InlineData(4, 0, 1f, "needs a segment")]
    [InlineData(4, 1, float.NaN, "has to be finite")]
    public void Render_WhatIsNoDrawing_SaysSo(int width, int segments, float background, string expected)
    {
        var drawing = new StrokeDrawing(width, 4, [new StrokeShape(StrokeKind.Line, 0, segments)]) { Background = [0, background, 0] };
        Assert.Contains(expected, Assert.Throws<ArgumentException>(() => StrokeRenderer.Render(drawing)).Message, StringComparison.Ordinal);
    }
}
