using System.Diagnostics;
using System.Globalization;
using Pagoda.Generation.Strokes;
using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>
/// What one step of CLIPDraw asks of the renderer of strokes: a picture of its 256 strokes as they begin, and their gradient. Its note has
/// the same for wider strokes, as they are while a drawing is optimised, and for areas.
/// </summary>
internal sealed class StrokesBenchmark : IBenchmark
{
    public string Name => "strokes";

    public string Description => "256 strokes as CLIPDraw begins drawn at 224 pixels, and the gradient of their points, widths and colours.";

    public bool HasTypes => false;

    public Workload Prepare(BenchmarkShape shape) => new Drawings();

    private sealed class Drawings : Workload
    {
        private readonly StrokeDrawing _begun = Draw(StrokeOptions.ClipDraw);
        private readonly (string Name, StrokeDrawing Drawing, List<double> Seconds)[] _others =
        [
            ("widths from 1 to 12 pixels", Draw(StrokeOptions.ClipDraw, 12), []),
            ("areas", Draw(new StrokeOptions { Fill = true }), []),
        ];

        private readonly float[] _gradient = [.. Enumerable.Range(0, 3 * StrokeOptions.Canvas * StrokeOptions.Canvas).Select(i => MathF.Sin(i))];

        // Short as one is, many tell more.
        public override int Calls => 20;

        public override Setting Setting => new("256 strokes", StrokeOptions.Canvas, 1);

        // The picture is written, its gradient read.
        public override double? Bytes => 2.0 * 3 * sizeof(float) * StrokeOptions.Canvas * StrokeOptions.Canvas;

        public override Ceiling Ceiling(Spread seconds) => new("none: the work depends on how many pixels the strokes cover; its bytes are nothing beside it");

        public override string Note(Measurement measured) => string.Join(", ", _others.Select(other =>
            string.Create(CultureInfo.InvariantCulture, $"{other.Name} {Spread.Of(other.Seconds).Median * 1e3:0.0} ms ({other.Seconds.Min() * 1e3:0.0}..{other.Seconds.Max() * 1e3:0.0})")));

        public override void Step() => Step(_begun);

        public override void Compare()
        {
            foreach (var (_, drawing, seconds) in _others)
            {
                var start = Stopwatch.GetTimestamp();
                Step(drawing);
                seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds / Calls);
            }
        }

        public override void Dispose()
        {
        }

        private void Step(StrokeDrawing drawing)
        {
            for (var i = 0; i < Calls; i++)
            {
                StrokeRenderer.Render(drawing);
                StrokeRenderer.Backward(drawing, _gradient);
            }
        }

        private static StrokeDrawing Draw(StrokeOptions options, float mostWidth = 1)
        {
            using var generator = new Generator(0);
            var drawing = RandomStrokes.Draw(options, StrokeOptions.Canvas, generator, null);
            for (var i = 0; i < drawing.Widths.Length; i++)
            {
                drawing.Widths[i] = 1 + ((mostWidth - 1) * i / drawing.Widths.Length);
            }

            return drawing;
        }
    }
}
