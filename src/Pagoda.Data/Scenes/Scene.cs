namespace Pagoda.Data.Scenes;

/// <summary>How the second object of a scene stands to the first.</summary>
public enum Relation
{
    /// <summary>There is one object, or copies of one.</summary>
    None,

    /// <summary>The first object is to the left of the second.</summary>
    LeftOf,

    /// <summary>The first object is above the second.</summary>
    Above,
}

/// <summary>One object of a scene.</summary>
/// <param name="Emoji">Its picture.</param>
/// <param name="Key">The everyday noun it goes by: two pictures with one key are the same kind of thing.</param>
/// <param name="Recolor">The colour it was given, or null where it has its own.</param>
/// <param name="X">The centre, in pixels from the left.</param>
/// <param name="Y">The centre, in pixels from the top.</param>
/// <param name="Side">The longer side, in pixels.</param>
/// <param name="Mirrored">Whether it is drawn mirrored.</param>
public sealed record SceneObject(Emoji Emoji, string Key, string? Recolor, float X, float Y, float Side, bool Mirrored);

/// <summary>What lies behind the objects: a colour, or a soft change from one colour to another, top to bottom.</summary>
/// <param name="Name">The colour's name; <c>white</c> for plain white.</param>
/// <param name="Top">RGB in [0, 1] of the top row.</param>
/// <param name="Bottom">RGB in [0, 1] of the bottom row.</param>
public sealed record Background(string Name, (float R, float G, float B) Top, (float R, float G, float B) Bottom);

/// <summary>A picture's plan and its caption.</summary>
/// <param name="Objects">The objects, drawn in this order; copies are listed one by one.</param>
/// <param name="Relation">Where the first of two objects stands to the second.</param>
/// <param name="Background">What lies behind.</param>
/// <param name="Caption">The sentence that tells it.</param>
public sealed record Scene(IReadOnlyList<SceneObject> Objects, Relation Relation, Background Background, string Caption);
