using System.Text.RegularExpressions;
using Pagoda.Data.Scenes;

namespace Pagoda.Tests.Data;

public class SceneComposerTests
{
    private const int Area = 64 * 64;
    private static readonly SceneComposer Composer = new(DrawnEmoji.Library);

    [Fact]
    public void Compose_SameSeedAndIndexOnManyThreads_SamePictureAndCaption()
    {
        var alone = new float[200][];
        var captions = new string[200];
        for (var i = 0; i < 200; i++)
        {
            captions[i] = Composer.Compose(7, i, alone[i] = new float[3 * Area]).Caption;
        }

        Parallel.For(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8 }, n =>
        {
            var i = 199 - n;
            var picture = new float[3 * Area];
            Assert.Equal(captions[i], Composer.Compose(7, i, picture).Caption);
            Assert.Equal(alone[i], picture);
        });
        Assert.NotEqual(captions, Enumerable.Range(0, 200).Select(i => Composer.Plan(8, i).Caption));
    }

    [Fact]
    public void Compose_AnyScene_PixelsStayInRangeAndSomethingIsDrawn()
    {
        var picture = new float[3 * Area];
        for (var i = 0; i < 500; i++)
        {
            var scene = Composer.Compose(3, i, picture);
            Assert.All(picture, value => Assert.InRange(value, 0f, 1f));
            var ground = new float[3 * Area];
            SpriteRenderer.Fill(ground, 64, scene.Background);
            Assert.True(ground.Zip(picture).Count(pair => MathF.Abs(pair.First - pair.Second) > 0.05f) > 100, scene.Caption);
        }
    }

    [Fact]
    public void Plan_Train_NeverMakesAHeldOutCombinationIn20000Scenes()
    {
        var composer = new SceneComposer(DrawnEmoji.Library, new SceneOptions { RecolorShare = 0.5, PairShare = 0.4 });
        foreach (var i in Enumerable.Range(0, 20_000))
        {
            var scene = composer.Plan(11, i);
            Assert.False(composer.HeldOut.Contains(scene), scene.Caption);
            foreach (var thing in scene.Objects.Where(thing => thing.Recolor is not null))
            {
                Assert.False(composer.HeldOut.Contains(thing.Recolor!, thing.Key), scene.Caption);
            }
        }
    }

    [Fact]
    public void Plan_HeldOut_MakesNothingElse()
    {
        var composer = new SceneComposer(DrawnEmoji.Library, new SceneOptions { Split = SceneSplit.HeldOut });
        var scenes = Enumerable.Range(0, 300).Select(i => composer.Plan(1, i)).ToArray();
        Assert.All(scenes, scene => Assert.True(composer.HeldOut.Contains(scene), scene.Caption));
        Assert.Contains(scenes, scene => scene.Relation != Relation.None);
        Assert.Contains(scenes, scene => scene.Relation == Relation.None);
    }

    [Fact]
    public void Plan_All_MakesBoth()
    {
        var composer = new SceneComposer(DrawnEmoji.Library, new SceneOptions { Split = SceneSplit.All, PairShare = 1, CopiesShare = 0 });
        var heldOut = Enumerable.Range(0, 300).Count(i => composer.HeldOut.Contains(composer.Plan(1, i)));
        Assert.InRange(heldOut, 10, 150);
    }

    [Fact]
    public void HeldOut_OverTheWordsOfColours_IsAboutOneInEightAndNeverANaturalColour()
    {
        var keys = Enumerable.Range(0, 1000).Select(i => $"thing {i}");
        Assert.InRange(keys.Count(key => Composer.HeldOut.Contains("blue", key)), 90, 160);
        Assert.False(Composer.HeldOut.Contains("blue", "heart"));
        Assert.False(Composer.HeldOut.Contains("red", "apple"));
        Assert.False(Composer.HeldOut.Contains("cat", Relation.None, "dog"));
    }

    [Fact]
    public void HeldOut_FixedCombinations_StayTheSameForEver()
    {
        // Changing the hash would let a model be tested on what it was trained on.
        string[] colors = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"];
        string[] keys = ["cat", "dog", "car", "house", "pear", "star"];
        var held = from key in keys from color in colors where new HeldOutCombinations([]).Contains(color, key) select $"{color} {key}";
        Assert.Equal(Expected, string.Join(", ", held));
    }

    private const string Expected = "purple cat, orange car, yellow house, purple house, green pear, blue pear, brown pear, yellow star";

    [Fact]
    public void Plan_Pairs_StandAsTheCaptionSays()
    {
        var composer = new SceneComposer(DrawnEmoji.Library, new SceneOptions { PairShare = 1, CopiesShare = 0 });
        var directed = 0;
        for (var i = 0; i < 500; i++)
        {
            var scene = composer.Plan(2, i);
            var (a, b) = (scene.Objects[0], scene.Objects[1]);
            Assert.True(scene.Relation == Relation.LeftOf ? a.X + 15 < b.X : a.Y + 15 < b.Y, scene.Caption);
            foreach (var (words, relation, firstIsFirst) in new[]
                     {
                         ("left of", Relation.LeftOf, true), ("right of", Relation.LeftOf, false), ("next to", Relation.LeftOf, true),
                         ("above", Relation.Above, true), ("on top of", Relation.Above, true), ("below", Relation.Above, false), ("under", Relation.Above, false),
                     })
            {
                var at = Regex.Match(scene.Caption, $@"\b{words}\b").Index;
                if (at == 0)
                {
                    continue;
                }

                directed++;
                Assert.Equal(relation, scene.Relation);
                var before = scene.Caption[..at];
                Assert.Contains(Words(firstIsFirst ? a : b), word => before.Contains(word, StringComparison.Ordinal));
                break;
            }
        }

        Assert.True(directed > 350);
    }

    [Fact]
    public void Plan_Copies_AreAsManyAsTheCaptionSays()
    {
        var composer = new SceneComposer(DrawnEmoji.Library, new SceneOptions { PairShare = 0, CopiesShare = 1 });
        string[] numbers = ["two", "three", "four"];
        for (var i = 0; i < 300; i++)
        {
            var scene = composer.Plan(4, i);
            var count = scene.Objects.Count;
            Assert.Matches($@"\b({numbers[count - 2]}|{count}) ", scene.Caption);
            Assert.All(scene.Objects, thing => Assert.Same(scene.Objects[0].Emoji, thing.Emoji));
        }
    }

    [Fact]
    public void Compose_Recolored_ThePixelsHaveTheCaptionsColour()
    {
        var composer = new SceneComposer(DrawnEmoji.Library, new SceneOptions { RecolorShare = 1, SingleObjectOnly = true });
        var picture = new float[3 * Area];
        var seen = 0;
        for (var i = 0; i < 400; i++)
        {
            var scene = composer.Compose(9, i, picture);
            if (scene.Objects[0].Recolor is not { } color)
            {
                continue;
            }

            seen++;
            var centre = (int)scene.Objects[0].Y * 64 + (int)scene.Objects[0].X;
            var (hue, saturation, value) = Hsv.FromRgb(picture[centre], picture[Area + centre], picture[2 * Area + centre]);
            Assert.Equal(color, ColorNames.Of(hue, saturation, value));
            Assert.Contains(color, scene.Caption);
        }

        Assert.True(seen > 100);
    }

    [Fact]
    public void Plan_ColouredNames_DropTheirOwnColourWhenRecoloured()
    {
        var composer = new SceneComposer(DrawnEmoji.Library, new SceneOptions { RecolorShare = 1, SingleObjectOnly = true });
        var apples = Enumerable.Range(0, 4000).Select(i => composer.Plan(5, i))
            .Where(scene => scene.Objects[0].Emoji.Name == "red apple" && scene.Objects[0].Recolor is not null && scene.Background.Name == "white").ToArray();
        Assert.NotEmpty(apples);
        Assert.All(apples, scene => Assert.DoesNotMatch(@"\bred\b", scene.Caption));
    }

    [Fact]
    public void Plan_Backgrounds_AreNamedTruly()
    {
        for (var i = 0; i < 2000; i++)
        {
            var scene = Composer.Plan(6, i);
            var named = Regex.Match(scene.Caption, @" on an? ([a-z ]+) background");
            if (named.Success)
            {
                Assert.Equal(scene.Background.Name, named.Groups[1].Value);
            }
        }
    }

    [Fact]
    public void Plan_PlainWords_AreUsed()
    {
        var captions = Enumerable.Range(0, 20_000).Select(i => Composer.Plan(1, i).Caption).ToHashSet();
        foreach (var plain in new[] { "a cat", "cat", "a house", "a car", "a red apple", "an apple", "a star", "a yellow star", "a heart", "a red heart", "two cats", "a red car" })
        {
            Assert.Contains(plain, captions);
        }
    }

    [Fact]
    public void Plan_DefaultShards_NeverUseTheHeldOutShard() =>
        Assert.DoesNotContain(Enumerable.Range(0, 5000), i => Composer.Plan(1, i).Objects.Any(thing => thing.Emoji.Shard == 4));

    [Fact]
    public void Plan_ObjectsWithADirection_AreNotMirrored() =>
        Assert.DoesNotContain(Enumerable.Range(0, 20_000), i => Composer.Plan(1, i).Objects.Any(thing => thing.Mirrored && thing.Emoji.Name == "left arrow"));

    [Fact]
    public void New_NoEmojiInTheShards_SaysSo()
    {
        var error = Assert.Throws<ArgumentException>(() => new SceneComposer(DrawnEmoji.Library, new SceneOptions { Shards = [9] }));
        Assert.Contains("shards 9", error.Message);
    }

    [Fact]
    public void New_ShareAboveOne_NamesTheOption()
    {
        var error = Assert.Throws<ArgumentException>(() => new SceneComposer(DrawnEmoji.Library, new SceneOptions { PairShare = 1.5 }));
        Assert.Contains("PairShare", error.Message);
    }

    [SharedFact("data", "emoji")]
    public void Library_OfAnEmojiShard_IsWholeAndComposesCleanCaptions()
    {
        using var folder = new TemporaryFolder();
        File.Copy(SharedFolder.File("data", "emoji", "emoji-000001.tar"), folder.File("emoji-000001.tar"));
        var library = EmojiLibrary.Load(folder.Path);
        library.SaveCache(folder.File("cache.bin"));
        Assert.InRange(new FileInfo(folder.File("cache.bin")).Length, 1, 10_000_000);
        library = EmojiLibrary.LoadCache(folder.File("cache.bin"));
        Assert.Equal(998, library.Emoji.Count);
        var composer = new SceneComposer(library);
        Assert.Equal(998, composer.SubjectCount);
        var captions = new HashSet<string>();
        for (var i = 0; i < 20_000; i++)
        {
            var scene = composer.Plan(1, i);
            Assert.False(composer.HeldOut.Contains(scene), scene.Caption);
            Assert.DoesNotMatch(@"\ba (?!one|eu)[aeio][a-z]*\b|\ban [bcdfgjklmnpqrtvwyz]|  |\bred red\b|^\s|\s$", scene.Caption);
            captions.Add(scene.Caption);
        }

        Assert.True(captions.Count > 10_000, $"{captions.Count} different captions");
    }

    private static IEnumerable<string> Words(SceneObject thing) => thing.Emoji.Name switch
    {
        "automobile" => ["car", "automobile"],
        "house" => ["house", "home"],
        var name => [name[(name.LastIndexOf(' ') + 1)..]],
    };
}
