using Pagoda.Models.Clip.Tokenizer.Cleaning;

namespace Pagoda.Tests.Models.Tokenizer;

public sealed class TextCleaningTests
{
    [Theory]
    [InlineData("A  photo\tof\na CAT ", "a photo of a cat")]
    [InlineData("AT&amp;amp;T", "at&t")]
    [InlineData("“It’s”", "\"it's\"")]
    [InlineData("ﬁne ﬂow", "fine flow")]
    [InlineData("ＦＵＬＬ１２　ｶﾞ", "full12 ガ")]
    [InlineData("re\u0301sume\u0301", "résumé")]
    [InlineData("\u001B[31mred\u001B[0m\u0007", "red")]
    [InlineData("ΟΔΟΣ ΣΑΣ Σ", "οδος σας σ")]
    [InlineData("İstanbul", "i\u0307stanbul")]
    public void Clean_OneKindOfText_GivesWhatClipSees(string text, string expected) =>
        Assert.Equal(expected, TextCleaning.Clean(text));

    [Fact]
    public void Clean_LoneSurrogate_BecomesReplacementCharacter() => Assert.Equal("a\uFFFDb", TextCleaning.Clean("a\uD83Db"));

    [Fact]
    public void Clean_WithoutRepair_KeepsWhatFtfyWouldChange() =>
        Assert.Equal("“it’s” ﬁ & schã¶n", TextCleaning.Clean("“It’s” ﬁ &amp; schÃ¶n", repair: false));

    [Theory]
    [InlineData("schÃ¶n", "schön")]
    [InlineData("donâ€™t", "don't")]
    [InlineData("voilÃ  le travail", "voilà le travail")]
    [InlineData("l’humanitÃ©", "l'humanité")]
    [InlineData("РїСЂРёРІРµС‚", "привет")]
    [InlineData("r√©gime", "régime")]
    [InlineData("ðŸ˜Š", "😊")]
    [InlineData("â€œlostâ€�", "\"lost�")]
    [InlineData("ÃƒÂ¼ber", "über")]
    public void Repair_WrongEncoding_IsUndone(string text, string expected) => Assert.Equal(expected, TextRepair.Repair(text));

    [Theory]
    [InlineData("naïve café, Łódź, Straße")]
    [InlineData("Привет, мир! Ελλάδα")]
    [InlineData("日本語 한국어 ไทย नमस्ते")]
    [InlineData("50 € à 20 °C — ½ price…")]
    public void Repair_ForeignText_IsLeftAlone(string text) => Assert.Equal(text, TextRepair.Repair(text));

    [Fact]
    public void Repair_AfterLineWithTag_KeepsEntities() =>
        Assert.Equal("& x\n<b>&amp;\n&amp;", TextRepair.Repair("&amp; x\n<b>&amp;\n&amp;"));

    [Theory]
    [InlineData("&eacute;&#233;&#xE9;&#xE9", "éééé")]
    [InlineData("&notit; &notin; &not", "¬it; ∉ ¬")]
    [InlineData("&#128;&#x9f;&#0;&#xD800;&#x110000;&#99999999999;", "€Ÿ\uFFFD\uFFFD\uFFFD\uFFFD")]
    [InlineData("&#1;&#xFDD0;&#x1FFFF;", "")]
    [InlineData("&; &# &#x; & &x &nosuch;", "&; &# &#x; & &x &nosuch;")]
    [InlineData("&CounterClockwiseContourIntegral;&NotEqualTilde;", "∳≂̸")]
    public void Unescape_Reference_FollowsHtml5(string text, string expected) => Assert.Equal(expected, HtmlEntities.Unescape(text));

    [Theory]
    [InlineData("P&EACUTE;REZ &SZLIG;", "PÉREZ SS")]
    [InlineData("this&not that &copy &nTILDE;", "this&not that &copy &nTILDE;")]
    [InlineData("&#59; &#65;", "&#59; A")]
    public void UnescapeUnambiguous_Reference_NeedsSemicolon(string text, string expected) =>
        Assert.Equal(expected, HtmlEntities.UnescapeUnambiguous(text));
}
