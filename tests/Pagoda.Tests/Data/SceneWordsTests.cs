using FsCheck;
using FsCheck.Fluent;
using Pagoda.Data.Scenes;

namespace Pagoda.Tests.Data;

public class SceneWordsTests
{
    [Theory]
    [InlineData("cat", "a cat")]
    [InlineData("apple", "an apple")]
    [InlineData("unicorn", "a unicorn")]
    [InlineData("ufo", "a ufo")]
    [InlineData("hourglass", "an hourglass")]
    [InlineData("glasses", "glasses")]
    [InlineData("bread", "bread")]
    [InlineData("white bread", "white bread")]
    [InlineData("loaf of bread", "a loaf of bread")]
    [InlineData("octopus", "an octopus")]
    [InlineData("wine glass", "a wine glass")]
    [InlineData("grapes", "grapes")]
    [InlineData("bunch of grapes", "a bunch of grapes")]
    [InlineData("face with heart eyes", "a face with heart eyes")]
    [InlineData("blue apple", "a blue apple")]
    [InlineData("orange car", "an orange car")]
    public void WithArticle_Noun_ReadsAsEnglish(string noun, string phrase) => Assert.Equal(phrase, Phrases.WithArticle(noun));

    [Theory]
    [InlineData("cat", "cats")]
    [InlineData("mouse", "mice")]
    [InlineData("slice of pizza", "slices of pizza")]
    [InlineData("red strawberry", "red strawberries")]
    [InlineData("fox", "foxes")]
    [InlineData("monkey", "monkeys")]
    [InlineData("sheep", "sheep")]
    [InlineData("heart with an arrow", "hearts with an arrow")]
    [InlineData("tomato", "tomatoes")]
    public void Plural_Noun_ReadsAsEnglish(string noun, string plural) => Assert.Equal(plural, Phrases.Plural(noun));

    [Theory]
    [InlineData(220, 40, 40, "red")]
    [InlineData(255, 200, 61, "yellow")]
    [InlineData(255, 176, 46, "yellow")]
    [InlineData(255, 130, 45, "orange")]
    [InlineData(0, 210, 106, "green")]
    [InlineData(0, 116, 186, "blue")]
    [InlineData(134, 97, 193, "purple")]
    [InlineData(246, 150, 190, "pink")]
    [InlineData(109, 69, 52, "brown")]
    [InlineData(250, 250, 250, "white")]
    [InlineData(150, 150, 152, "gray")]
    [InlineData(20, 20, 25, "black")]
    public void Of_Colour_HasItsEverydayName(int r, int g, int b, string name)
    {
        var (hue, saturation, value) = Hsv.FromRgb(r / 255f, g / 255f, b / 255f);
        Assert.Equal(name, ColorNames.Of(hue, saturation, value));
    }

    [Fact]
    public void Hsv_ThereAndBack_IsTheSameColour() =>
        Prop.ForAll<byte, byte, byte>((r, g, b) =>
        {
            var (hue, saturation, value) = Hsv.FromRgb(r / 255f, g / 255f, b / 255f);
            var (r2, g2, b2) = Hsv.ToRgb(hue, saturation, value);
            return hue is >= 0 and < 360 && MathF.Abs(r2 - r / 255f) < 1e-4 && MathF.Abs(g2 - g / 255f) < 1e-4 && MathF.Abs(b2 - b / 255f) < 1e-4;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Targets_OfRecolouring_AreCalledWhatTheyAre() =>
        Assert.All(ColorNames.Targets, target => Assert.Equal(target.Name, ColorNames.Of(target.Hue, target.Saturation, target.Value)));
}
