using Pagoda.Data.Scenes;

namespace Pagoda.Tests.Data;

/// <summary>A small library of discs with the names of real emoji, so that scenes can be tested without the emoji data.</summary>
internal static class DrawnEmoji
{
    public static EmojiLibrary Library { get; } = Make();

    public static Sprite Disc(int side, byte r, byte g, byte b)
    {
        var pixels = new byte[side * side * 4];
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
            {
                var (dx, dy) = (x + 0.5f - side / 2f, y + 0.5f - side / 2f);
                var alpha = Math.Clamp(side / 2f - MathF.Sqrt(dx * dx + dy * dy) + 0.5f, 0, 1);
                var at = (y * side + x) * 4;
                (pixels[at], pixels[at + 1], pixels[at + 2], pixels[at + 3]) =
                    ((byte)(r * alpha), (byte)(g * alpha), (byte)(b * alpha), (byte)(255 * alpha));
            }
        }

        return new Sprite(side, side, pixels);
    }

    private static EmojiLibrary Make()
    {
        (string Name, string Group, byte R, byte G, byte B)[] things =
        [
            ("red apple", "Food & Drink", 220, 40, 40), ("banana", "Food & Drink", 250, 215, 60), ("pear", "Food & Drink", 90, 190, 80),
            ("cat", "Animals & Nature", 240, 140, 40), ("dog", "Animals & Nature", 140, 90, 50), ("whale", "Animals & Nature", 60, 120, 220),
            ("automobile", "Travel & Places", 220, 40, 40), ("house", "Travel & Places", 240, 140, 40), ("star", "Travel & Places", 250, 215, 60),
            ("blue heart", "Smileys & Emotion", 50, 110, 230), ("red heart", "Smileys & Emotion", 220, 30, 40),
            ("left arrow", "Symbols", 60, 120, 220), ("umbrella", "Travel & Places", 140, 70, 200), ("ghost", "Smileys & Emotion", 240, 240, 245),
        ];
        var emoji = new List<Emoji>();
        foreach (var (name, group, r, g, b) in things)
        {
            foreach (var style in Enum.GetValues<EmojiStyle>())
            {
                emoji.Add(new Emoji(name, name, style, group, [name], emoji.Count % 4, Disc(40, r, g, b)));
            }
        }

        emoji.Add(new Emoji("soccer ball", "soccer ball", EmojiStyle.ThreeD, "Activities", ["ball"], 4, Disc(40, 60, 60, 60)));
        return new EmojiLibrary(emoji);
    }
}
