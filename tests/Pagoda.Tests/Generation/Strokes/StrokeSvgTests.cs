using System.Xml.Linq;
using Pagoda.Generation.Strokes;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation.Strokes;

/// <summary>Other programs draw our SVG as we draw it.</summary>
public sealed class StrokeSvgTests
{
    public static TheoryData<string, StrokeOptions> Drawings => new()
    {
        { "lines", new StrokeOptions { Width = 6 } },
        { "hairlines", new StrokeOptions { Width = 0.3, LeastWidth = 0.3 } },
        { "long lines", new StrokeOptions { Count = 40, Radius = 1, Width = 12 } },
        { "areas", new StrokeOptions { Count = 60, Fill = true, Radius = 0.3 } },
        { "small areas", new StrokeOptions { Count = 256, Fill = true, Radius = 0.04, Background = "#203040" } },
    };

    [RsvgTheory]
    [MemberData(nameof(Drawings))]
    public void Write_IsDrawnAlikeByLibRsvg(string name, StrokeOptions options)
    {
        for (var seed = 0ul; seed < 3; seed++)
        {
            using var generator = new Generator(seed);
            var drawing = RandomStrokes.Draw(options, StrokeOptions.Canvas, generator, null);
            var (ours, theirs) = (StrokeRenderer.Render(drawing), LibRsvg.Render(StrokeSvg.Write(drawing, "a <test> & more"), drawing.Width, drawing.Height));
            var mean = ours.Zip(theirs).Average(pair => Math.Abs(pair.First - pair.Second));
            Assert.True(mean < 2.0 / 255, $"{name}, seed {seed}: {255 * mean:0.00} of 255");
        }
    }

    [Fact]
    public void Animate_IsXmlWithADelayForEachStroke()
    {
        using var generator = new Generator(1);
        var svg = StrokeSvg.Write(RandomStrokes.Draw(new StrokeOptions { Count = 9 }, 64, generator, null), "a");
        var paths = XDocument.Parse(StrokeSvg.Animate(svg, 4)).Root!.Elements().Where(element => element.Name.LocalName == "path").ToList();
        Assert.Equal(9, paths.Count);
        Assert.Equal(["animation-delay: 0s", "animation-delay: 0.4s"], paths.Take(2).Select(path => path.Attribute("style")!.Value));
        Assert.Equal(XDocument.Parse(svg).Root!.Elements().Last().Attribute("d")!.Value, paths[^1].Attribute("d")!.Value);
    }

    private sealed class RsvgTheoryAttribute : TheoryAttribute
    {
        public RsvgTheoryAttribute() => Skip = LibRsvg.Missing;
    }
}
