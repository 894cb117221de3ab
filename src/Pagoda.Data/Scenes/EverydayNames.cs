namespace Pagoda.Data.Scenes;

/// <summary>The list of everyday words in <c>everyday.txt</c>: what people call an emoji when they ask for it.</summary>
internal static class EverydayNames
{
    private static readonly Dictionary<string, string[]> Nouns = Read();

    /// <summary>The everyday nouns of an emoji, most usual first; empty where the list does not have it.</summary>
    public static IReadOnlyList<string> Of(string emojiName) => Nouns.GetValueOrDefault(emojiName, []);

    private static Dictionary<string, string[]> Read()
    {
        using var stream = typeof(EverydayNames).Assembly.GetManifestResourceStream("everyday.txt")!;
        using var reader = new StreamReader(stream);
        var nouns = new Dictionary<string, string[]>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            nouns.Add(line[..colon], line[(colon + 2)..].Split(", "));
        }

        return nouns;
    }
}
