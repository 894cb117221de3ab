namespace Pagoda.Data.Scenes;

/// <summary>An emoji as the subject of a caption: what it may be called and what may be done to it.</summary>
internal sealed class Subject
{
    private static readonly string[] Directed =
        ["left", "right", "clockwise", "counterclockwise", "o'clock", "thirty", "facing", "pointing", "score", "seven", "keyboard", "map"];

    public Subject(Emoji emoji)
    {
        Emoji = emoji;
        Color = ObjectColor.Of(emoji.Sprite);
        Everyday = EverydayNames.Of(emoji.Name);
        NameColor = ColorNames.Words.FirstOrDefault(word => emoji.Title.StartsWith(word + " ", StringComparison.Ordinal));
        Title = NameColor is null ? emoji.Title : emoji.Title[(NameColor.Length + 1)..];
        Key = Everyday.Count > 0 ? Everyday[0] : Title;
        Mirrorable = emoji.Group is not ("Symbols" or "Flags") && !Directed.Any(word => emoji.Title.Contains(word, StringComparison.Ordinal));
        Countable = [.. Everyday.Where(Phrases.Countable)];
        // A person's or a flag's colours are what it is; and a colour in the middle of a name cannot be dropped.
        Recolorable = Color.Recolorable && emoji.Group is not ("People & Body" or "Flags")
            && !Title.Split(' ', '-').Any(ColorNames.Words.Contains) && !ColorNames.Words.Contains(Key);
    }

    public Emoji Emoji { get; }

    public ObjectColor Color { get; }

    /// <summary>Everyday nouns, most usual first; may be empty.</summary>
    public IReadOnlyList<string> Everyday { get; }

    /// <summary>The everyday nouns that can be counted.</summary>
    public IReadOnlyList<string> Countable { get; }

    /// <summary>The colour word that the name starts with, if any.</summary>
    public string? NameColor { get; }

    /// <summary>The name without <see cref="NameColor"/>.</summary>
    public string Title { get; }

    public string Key { get; }

    public bool Mirrorable { get; }

    public bool Recolorable { get; }

    /// <summary>The colour that a caption may name for the object as it is.</summary>
    public string? OwnColor => NameColor ?? (Emoji.Group is "Flags" or "People & Body" or "Symbols" || Key == Color.Name ? null : Color.Name);
}
