namespace Pagoda.Data.Scenes;

/// <summary>Puts a scene into words, varied as people's wishes are: "a red apple", "red apple, flat icon", "two blue cars".</summary>
internal static class CaptionWriter
{
    private static readonly string[] Numbers = ["", "one", "two", "three", "four"];

    public static string Single(ref SampleRandom random, Subject subject, string? recolor, Background background)
    {
        var noun = Noun(ref random, subject, recolor, countable: false);
        var phrase = Phrases.WithArticle(noun);
        var icon = StyleWord(ref random, subject.Emoji.Style);
        if (icon is not null && random.Chance(0.25))
        {
            return $"{Phrases.WithArticle(icon)} of {phrase}{On(ref random, background)}";
        }

        var lead = random.NextDouble() switch
        {
            < 0.50 => phrase,
            < 0.82 => noun,
            // "an icon of a cat, flat icon" is nobody's wish.
            _ when icon is not null => phrase,
            < 0.88 => $"an emoji of {phrase}",
            < 0.92 => $"a picture of {phrase}",
            < 0.95 => $"a drawing of {phrase}",
            < 0.97 => $"an icon of {phrase}",
            _ => $"{noun} emoji",
        };
        return WithStyle(ref random, lead, icon, background);
    }

    public static string Copies(ref SampleRandom random, Subject subject, string? recolor, int count, Background background)
    {
        var noun = Phrases.Plural(Noun(ref random, subject, recolor, countable: true));
        var number = random.Chance(0.08) ? count.ToString(System.Globalization.CultureInfo.InvariantCulture) : Numbers[count];
        var lead = random.Chance(0.06) ? $"a picture of {number} {noun}" : $"{number} {noun}";
        return WithStyle(ref random, lead, StyleWord(ref random, subject.Emoji.Style), background);
    }

    public static string Pair(
        ref SampleRandom random, (Subject Subject, string? Recolor) first, (Subject Subject, string? Recolor) second, Relation relation,
        Background background)
    {
        var a = Phrases.WithArticle(Noun(ref random, first.Subject, first.Recolor, countable: true));
        var b = Phrases.WithArticle(Noun(ref random, second.Subject, second.Recolor, countable: true));
        var lead = (relation, random.NextDouble()) switch
        {
            (_, < 0.08) => $"{a} and {b}",
            (_, < 0.14) => $"{b} and {a}",
            (Relation.LeftOf, < 0.20) => $"{a} next to {b}",
            (Relation.LeftOf, < 0.46) => $"{a} to the left of {b}",
            (Relation.LeftOf, < 0.60) => $"{a} left of {b}",
            (Relation.LeftOf, < 0.86) => $"{b} to the right of {a}",
            (Relation.LeftOf, _) => $"{b} right of {a}",
            (_, < 0.50) => $"{a} above {b}",
            (_, < 0.57) => $"{a} on top of {b}",
            (_, < 0.80) => $"{b} below {a}",
            (_, _) => $"{b} under {a}",
        };
        return WithStyle(ref random, lead, StyleWord(ref random, first.Subject.Emoji.Style), background);
    }

    private static string Noun(ref SampleRandom random, Subject subject, string? recolor, bool countable)
    {
        var everyday = countable ? subject.Countable : subject.Everyday;
        var fromList = everyday.Count > 0 && (countable || random.Chance(0.6));
        var noun = !fromList ? subject.Title : random.Chance(0.65) ? everyday[0] : random.Pick(everyday);
        if (recolor is not null)
        {
            return $"{recolor} {noun}";
        }

        var share = subject.NameColor is not null ? (fromList ? 0.65 : 0.85)
            : subject.Emoji.Group == "Smileys & Emotion" ? 0.12
            : 0.35;
        return subject.OwnColor is { } own && own != noun && !noun.Contains(own, StringComparison.Ordinal) && random.Chance(share)
            ? $"{own} {noun}"
            : noun;
    }

    private static string? StyleWord(ref SampleRandom random, EmojiStyle style) => style switch
    {
        EmojiStyle.Gradient when random.Chance(0.7) => "gradient icon",
        EmojiStyle.Flat when random.Chance(0.7) => "flat icon",
        EmojiStyle.ThreeD when random.Chance(0.06) => "3d icon",
        _ => null,
    };

    private static string WithStyle(ref SampleRandom random, string lead, string? icon, Background background)
    {
        var on = On(ref random, background);
        if (icon is null)
        {
            return lead + on;
        }

        return random.NextDouble() switch
        {
            < 0.6 => $"{lead}{on}, {icon}",
            < 0.8 => $"{lead}, {icon}{on}",
            _ => $"{lead} {icon}{on}",
        };
    }

    private static string On(ref SampleRandom random, Background background)
    {
        var said = background.Name == "white" ? 0.15 : 0.92;
        return random.Chance(said) ? $" on a{(background.Name[0] == 'o' ? "n" : "")} {background.Name} background" : "";
    }
}
