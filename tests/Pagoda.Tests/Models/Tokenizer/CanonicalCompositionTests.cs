using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Pagoda.Models.Clip.Tokenizer.Cleaning;

namespace Pagoda.Tests.Models.Tokenizer;

public sealed class CanonicalCompositionTests
{
    private static readonly int[] s_points =
    [
        'a', 'E', 'o', 'q', 0x300, 0x301, 0x302, 0x307, 0x323, 0x327, 0x345, 0x1100, 0x1161, 0x11A8, 0xAC00, 0xAC01,
        0x3B1, 0x304B, 0x3099, 0x9C7, 0x9BE, 0x212B, 0x2ADC, 0x1D15E, 0xF900, 0x1F1E6, 0x958,
    ];

    [Theory]
    [InlineData("e\u0301", "é")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("o\u0302\u0301", "ố")]
    [InlineData("s\u0307\u0323", "ṩ")]
    [InlineData("\u1112\u1161\u11AB", "한")]
    [InlineData("\u212B", "Å")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("か\u3099", "が")]
    [InlineData("a\u0327b\u0301", "a\u0327b\u0301")]
    [InlineData("\uF900", "豈")]
    public void Compose_Sequence_GivesNormalForm(string text, string expected) =>
        Assert.Equal(expected, CanonicalComposition.Compose(text));

    [Fact]
    public void Compose_ComposedText_StaysAsItIs() =>
        Prop.ForAll(Texts(), text =>
        {
            var once = CanonicalComposition.Compose(text);
            return CanonicalComposition.Compose(once) == once;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Compose_PrefixComposedBefore_GivesTheSame() =>
        Prop.ForAll(Texts(), Texts(), (first, second) =>
            CanonicalComposition.Compose(first + second)
            == CanonicalComposition.Compose(CanonicalComposition.Compose(first) + second)).QuickCheckThrowOnFailure();

    private static Arbitrary<string> Texts() =>
        Gen.Elements(s_points).ArrayOf()
            .Select(points => string.Concat(points.Select(point => new Rune(point).ToString())))
            .ToArbitrary();
}
