using System.Text;

namespace Pagoda.Data.Scenes;

/// <summary>
/// The combinations that are never trained on, so that "never seen together" can be tested: one in eight of all
/// (colour, object) and (object, relation, object), chosen by a hash of their words and therefore the same for ever.
/// Objects are named by their key, the first everyday noun. A colour that an emoji of the library has by nature (a blue
/// heart) is not held out for its object. "B right of A" is the combination "A left of B"; below is the same of above.
/// </summary>
public sealed class HeldOutCombinations
{
    private const uint OneIn = 8;
    private readonly HashSet<(string Color, string Key)> _natural;

    internal HeldOutCombinations(IEnumerable<(string Color, string Key)> natural) => _natural = [.. natural];

    /// <summary>Whether the object is never shown in this colour: <c>("blue", "apple")</c>.</summary>
    public bool Contains(string color, string key) => !_natural.Contains((color, key)) && Chosen($"{color} {key}");

    /// <summary>Whether the first object is never shown in this relation to the second: <c>("cat", LeftOf, "car")</c>.</summary>
    public bool Contains(string first, Relation relation, string second) =>
        relation != Relation.None && Chosen($"{first} {(relation == Relation.LeftOf ? "left of" : "above")} {second}");

    /// <summary>Whether anything in the scene is a held-out combination.</summary>
    public bool Contains(Scene scene) =>
        scene.Objects.Any(thing => thing.Recolor is { } color && Contains(color, thing.Key))
        || (scene.Relation != Relation.None && Contains(scene.Objects[0].Key, scene.Relation, scene.Objects[1].Key));

    // FNV-1a, 32 bits, over UTF-8, with a last mixing step because its low bits alone are poor.
    private static bool Chosen(string words)
    {
        var hash = 2166136261u;
        foreach (var b in Encoding.UTF8.GetBytes(words))
        {
            hash = (hash ^ b) * 16777619u;
        }

        hash = (hash ^ (hash >> 15)) * 2246822519u;
        return (hash ^ (hash >> 13)) % OneIn == 0;
    }
}
