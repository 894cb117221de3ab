namespace Pagoda.Data.Scenes;

/// <summary>The three drawings of each Fluent emoji.</summary>
public enum EmojiStyle
{
    /// <summary>Rendered in three dimensions; its caption is the name alone.</summary>
    ThreeD,

    /// <summary>Drawn with gradients: "gradient icon".</summary>
    Gradient,

    /// <summary>Drawn with flat colours: "flat icon".</summary>
    Flat,
}

/// <summary>One emoji in one style: its picture and what the data says of it.</summary>
/// <param name="Name">The CLDR name, such as <c>red apple</c>; upper case where CLDR has it.</param>
/// <param name="Title">The name as captions have it: lower case, <c>man with red hair</c> for <c>man: red hair</c>.</param>
/// <param name="Style">Which of the three drawings.</param>
/// <param name="Group">The Unicode group, such as <c>Food &amp; Drink</c>.</param>
/// <param name="Keywords">The CLDR keywords.</param>
/// <param name="Shard">The number of the shard it was read from.</param>
/// <param name="Sprite">The cut-out picture.</param>
public sealed record Emoji(
    string Name, string Title, EmojiStyle Style, string Group, IReadOnlyList<string> Keywords, int Shard, Sprite Sprite)
{
    /// <summary>Whether it is an everyday thing: one that people have a plain noun for.</summary>
    public bool IsEveryday => EverydayNames.Of(Name).Count > 0;
}
