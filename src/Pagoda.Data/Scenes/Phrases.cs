namespace Pagoda.Data.Scenes;

/// <summary>The little English that captions need: articles and plurals.</summary>
internal static class Phrases
{
    private static readonly string[] Mass =
    [
        "bread", "beer", "curry", "spaghetti", "rice", "corn", "milk", "bacon", "butter", "lettuce", "broccoli", "garlic", "salad",
        "meat", "cheese", "popcorn", "sushi", "ice", "salt", "sake", "lightning", "fire", "wood", "coral", "money", "toilet paper",
        "soap", "lotion", "honey", "candy", "chocolate", "water", "fog", "rain", "gold", "yarn", "peas", "fries", "dna", "zzz",
        "shaved ice", "poo", "poop", "dice", "saturn", "santa", "santa claus", "earth", "people", "bubble tea",
        "fork and knife", "bow and arrow", "sun and cloud", "couch and lamp", "hammer and wrench", "nut and bolt", "paper and pencil",
        "statue of liberty", "tv", "x", "wheel of dharma", "yin yang", "om", "tennis", "badminton", "ping pong", "ice hockey",
        "field hockey", "lacrosse", "bowling", "camping", "construction", "foggy", "performing arts", "video", "cinema", "plus", "minus",
    ];

    private static readonly HashSet<string> NoArticle = [.. Mass.Except(["tv", "x"])];

    private static readonly Dictionary<string, string> Irregular = new()
    {
        ["mouse"] = "mice", ["goose"] = "geese", ["leaf"] = "leaves", ["knife"] = "knives", ["wolf"] = "wolves", ["foot"] = "feet",
        ["tooth"] = "teeth", ["man"] = "men", ["woman"] = "women", ["policeman"] = "policemen", ["snowman"] = "snowmen",
        ["loaf"] = "loaves", ["scarf"] = "scarves", ["ox"] = "oxen", ["die"] = "dice", ["cactus"] = "cacti",
    };

    private static readonly HashSet<string> SameInPlural =
        ["sheep", "fish", "deer", "shrimp", "squid", "moose", "bison", "buffalo", "jellyfish", "blowfish"];

    /// <summary>"a cat", "an apple", "an hourglass", "a unicorn"; plurals and masses stay bare.</summary>
    public static string WithArticle(string noun) => TakesArticle(noun) ? $"{Article(noun)} {noun}" : noun;

    /// <summary>Whether "a" or "an" can stand before the noun, adjectives included.</summary>
    public static bool TakesArticle(string noun)
    {
        var head = Head(noun);
        return !NoArticle.Contains(noun) && !EndsInMass(head) && !LooksPlural(LastWord(head));
    }

    private static bool EndsInMass(string head)
    {
        // "bread", and with adjectives "white bread".
        for (var at = 0; at >= 0; at = head.IndexOf(' ', at + 1))
        {
            if (NoArticle.Contains(at == 0 ? head : head[(at + 1)..]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether "two ..." makes sense.</summary>
    public static bool Countable(string noun) =>
        TakesArticle(noun) && !noun.Contains(" and ", StringComparison.Ordinal) && !noun.StartsWith("two ", StringComparison.Ordinal)
        && noun is not ("tv" or "x" or "sun" or "desert" or "beach" or "sunrise" or "sunset" or "city");

    /// <summary>"cats", "slices of pizza", "mice".</summary>
    public static string Plural(string noun)
    {
        var head = Head(noun);
        var last = LastWord(head);
        return head[..^last.Length] + PluralWord(last) + noun[head.Length..];
    }

    private static string Article(string phrase)
    {
        var word = phrase.Split(' ', '-')[0].ToLowerInvariant();
        if (word.StartsWith("uni", StringComparison.Ordinal) || word.StartsWith("eu", StringComparison.Ordinal) || word is "ufo" or "ukulele" or "us" or "one" or "usb")
        {
            return "a";
        }

        return word.StartsWith("hour", StringComparison.Ordinal) || word is "x" or "sos" or "8" or "suv" or "atm" || "aeiou".Contains(word[0])
            ? "an"
            : "a";
    }

    /// <summary>The noun without what hangs on it: "slice" of "slice of pizza".</summary>
    private static string Head(string noun)
    {
        foreach (var joint in new[] { " of ", " with ", " in ", " on ", " at ", " behind ", " from ", " without ", " showing ", " to ", " for ",
            " pointing ", " facing ", " crying ", " sticking " })
        {
            var at = noun.IndexOf(joint, StringComparison.Ordinal);
            if (at > 0)
            {
                noun = noun[..at];
            }
        }

        return noun;
    }

    private static string LastWord(string phrase) => phrase[(phrase.LastIndexOf(' ') + 1)..];

    private static bool LooksPlural(string word) =>
        word.Length > 3 && word.EndsWith('s') && word[^2] is not ('s' or 'u') && !word.EndsWith("lens", StringComparison.Ordinal)
        && word is not ("christmas" or "hibiscus" or "compass" or "texas" or "rhinoceros" or "t-rex" or "atlas" or "iris" or "chess")
        || word is "hands" or "people" or "feet" or "mice";

    private static string PluralWord(string word)
    {
        if (Irregular.TryGetValue(word, out var plural))
        {
            return plural;
        }

        if (SameInPlural.Contains(word))
        {
            return word;
        }

        if (word.EndsWith('y') && word.Length > 1 && !"aeiou".Contains(word[^2]))
        {
            return word[..^1] + "ies";
        }

        var hissing = word.EndsWith('s') || word.EndsWith('x') || word.EndsWith('z') || word.EndsWith("ch", StringComparison.Ordinal)
            || word.EndsWith("sh", StringComparison.Ordinal) || word is "tomato" or "potato" or "mosquito" or "volcano" or "mango";
        return word + (hissing ? "es" : "s");
    }
}
