using System.Globalization;
using System.Text;

namespace Pagoda.Cli.Benchmarks;

/// <summary>Curves of cost against size: small multiples as an SVG, and as a table. Both axes are logarithmic, so that proportional cost is a line of slope one.</summary>
internal static class ScalePlot
{
    /// <summary>The name of the part of docs/performance.md that the table goes into.</summary>
    public const string Mark = "scale";

    private const int Columns = 3, Width = 320, Height = 260, Left = 64, Right = 18, Top = 40, Bottom = 48;

    public static string Svg(ScaleReport report)
    {
        var rows = (report.Curves.Count + Columns - 1) / Columns;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Columns * Width} {(rows * Height) + 28}" width="{Columns * Width}" height="{(rows * Height) + 28}" font-family="sans-serif" font-size="12" fill="#333">
            <title>Cost against size</title>
            <rect width="100%" height="100%" fill="#fff"/>

            """);
        for (var i = 0; i < report.Curves.Count; i++)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate({i % Columns * Width} {i / Columns * Height})\">\n");
            Panel(svg, report.Curves[i], report.Floor);
            svg.Append("</g>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"{(rows * Height) + 14}\" fill=\"#666\">points: median, bars: fastest to slowest; dashed: the same operations at the rate of large matrix products; both axes logarithmic</text>\n");
        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>The curves as a table, with the machine above.</summary>
    /// <param name="report">What was measured.</param>
    /// <param name="picture">The plot, as the page links to it; null for none.</param>
    public static string Markdown(ScaleReport report, string? picture)
    {
        var text = new StringBuilder();
        foreach (var line in BenchmarkTable.Machine(report.Machine, report.Gemm))
        {
            text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        }

        if (picture is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n![Seconds against views, resolution, batch, model and processes]({picture})\n");
        }

        text.Append("\n| what grows | at | seconds: median (min..max) | of the GEMM rate |\n| --- | --- | --- | --- |\n");
        foreach (var (curve, point) in report.Curves.SelectMany(curve => curve.Points.Select(point => (curve, point))))
        {
            var share = report.Floor(point) is { } floor ? BenchmarkTable.Number(floor / point.Seconds.Median, "0 %") : "not counted";
            text.Append(CultureInfo.InvariantCulture, $"| {curve.Title}, {curve.Grows} | {Name(point)} | {BenchmarkTable.Seconds(point.Seconds.Median)} {curve.Costs} ({BenchmarkTable.Range(point.Seconds)}) | {share} |\n");
        }

        return text.ToString();
    }

    private static void Panel(StringBuilder svg, ScaleCurve curve, Func<ScalePoint, double?> floor)
    {
        var (x, y) = (new Axis(curve.Points.Select(point => point.X), Left, Width - Right), new Axis(curve.Points.SelectMany(point => new[] { point.Seconds.Min, point.Seconds.Max, floor(point) ?? point.Seconds.Min }), Height - Bottom, Top));
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"16\" font-size=\"14\" font-weight=\"bold\">{curve.Title}</text>\n<text x=\"{Left}\" y=\"32\" fill=\"#666\">seconds for {curve.Costs}</text>\n");
        foreach (var tick in y.Ticks())
        {
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {y.At(tick):0.0}H{Width - Right}\" stroke=\"#ddd\"/><text x=\"{Left - 6}\" y=\"{y.At(tick) + 4:0.0}\" text-anchor=\"end\">{Short(tick)}</text>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {Height - Bottom}H{Width - Right}\" stroke=\"#666\"/>\n");
        if (curve.Points.All(point => floor(point) is not null))
        {
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"{Line(point => floor(point)!.Value)}\" fill=\"none\" stroke=\"#999\" stroke-dasharray=\"4 4\"/>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"{Line(point => point.Seconds.Median)}\" fill=\"none\" stroke=\"#06c\" stroke-width=\"2\"/>\n");
        foreach (var point in curve.Points)
        {
            var at = x.At(point.X);
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{at:0.0} {y.At(point.Seconds.Min):0.0}V{y.At(point.Seconds.Max):0.0}\" stroke=\"#06c\"/><circle cx=\"{at:0.0}\" cy=\"{y.At(point.Seconds.Median):0.0}\" r=\"3.5\" fill=\"#06c\"/>\n");
            if (point.Label is not null)
            {
                var end = at > (Left + Width - Right) / 2.0;
                svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{at + (end ? -7 : 7):0.0}\" y=\"{y.At(point.Seconds.Median) + (end ? -4 : 14):0.0}\" text-anchor=\"{(end ? "end" : "start")}\" font-size=\"11\">{point.Label}</text>\n");
            }
        }

        var free = double.NegativeInfinity;
        foreach (var number in curve.Points.Select(point => point.X).Order())
        {
            // A number that would touch the one before is left out; its point is in the table.
            var text = number.ToString(number < 10 && number % 1 != 0 ? "0.0" : "0", CultureInfo.InvariantCulture);
            var half = 4.0 * text.Length;
            if (x.At(number) - half < free)
            {
                continue;
            }

            free = x.At(number) + half + 4;
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{x.At(number):0.0} {Height - Bottom}v4\" stroke=\"#666\"/><text x=\"{x.At(number):0.0}\" y=\"{Height - Bottom + 17}\" text-anchor=\"middle\">{text}</text>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - Bottom + 34}\" text-anchor=\"middle\" fill=\"#666\">{curve.Grows}</text>\n");

        string Line(Func<ScalePoint, double> value) => string.Join(' ', curve.Points.Select((point, i) => string.Create(CultureInfo.InvariantCulture, $"{(i == 0 ? 'M' : 'L')}{x.At(point.X):0.0} {y.At(value(point)):0.0}")));
    }

    private static string Name(ScalePoint point) => point.Label ?? point.X.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Short(double seconds) => seconds switch
    {
        < 1e-3 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e6:0.#} µs"),
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:0.#} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.#} s"),
    };

    /// <summary>A logarithmic axis over given numbers, with a little room at both ends.</summary>
    private sealed class Axis
    {
        private const double Room = 0.12;
        private readonly double _low;
        private readonly double _high;
        private readonly double _from;
        private readonly double _to;

        public Axis(IEnumerable<double> numbers, double from, double to)
        {
            double[] logs = [.. numbers.Select(Math.Log10)];
            // At least a factor of two, so that a flat curve looks flat.
            var spread = Math.Max(logs.Max() - logs.Min(), Math.Log10(2));
            var middle = (logs.Max() + logs.Min()) / 2;
            (_low, _high, _from, _to) = (middle - (spread * (0.5 + Room)), middle + (spread * (0.5 + Room)), from, to);
        }

        public double At(double number) => _from + ((_to - _from) * (Math.Log10(number) - _low) / (_high - _low));

        /// <summary>1, 2 and 5 times powers of ten; over more than two decades only the powers.</summary>
        public IEnumerable<double> Ticks()
        {
            int[] steps = _high - _low > 2 ? [1] : [1, 2, 5];
            return from power in Enumerable.Range((int)Math.Floor(_low), (int)Math.Ceiling(_high - Math.Floor(_low)) + 1)
                   from step in steps
                   let number = step * Math.Pow(10, power)
                   where Math.Log10(number) >= _low && Math.Log10(number) <= _high
                   select number;
        }
    }
}
