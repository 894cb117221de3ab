namespace Pagoda.Cli.Demonstrations;

/// <summary>Letters of 5 x 7 pixels, drawn for labels on demonstration pictures: capitals, digits and a few signs.</summary>
internal static class BitmapFont
{
    public const int Width = 5;
    public const int Height = 7;

    /// <summary>Each sign, then its rows from the top as bits, the leftmost pixel first.</summary>
    private const string Drawn = """
        A 01110 10001 10001 11111 10001 10001 10001
        B 11110 10001 10001 11110 10001 10001 11110
        C 01110 10001 10000 10000 10000 10001 01110
        D 11110 10001 10001 10001 10001 10001 11110
        E 11111 10000 10000 11110 10000 10000 11111
        F 11111 10000 10000 11110 10000 10000 10000
        G 01110 10001 10000 10111 10001 10001 01110
        H 10001 10001 10001 11111 10001 10001 10001
        I 01110 00100 00100 00100 00100 00100 01110
        J 00111 00010 00010 00010 00010 10010 01100
        K 10001 10010 10100 11000 10100 10010 10001
        L 10000 10000 10000 10000 10000 10000 11111
        M 10001 11011 10101 10101 10001 10001 10001
        N 10001 11001 10101 10101 10011 10001 10001
        O 01110 10001 10001 10001 10001 10001 01110
        P 11110 10001 10001 11110 10000 10000 10000
        Q 01110 10001 10001 10001 10101 10010 01101
        R 11110 10001 10001 11110 10100 10010 10001
        S 01111 10000 10000 01110 00001 00001 11110
        T 11111 00100 00100 00100 00100 00100 00100
        U 10001 10001 10001 10001 10001 10001 01110
        V 10001 10001 10001 10001 10001 01010 00100
        W 10001 10001 10001 10101 10101 11011 10001
        X 10001 10001 01010 00100 01010 10001 10001
        Y 10001 10001 01010 00100 00100 00100 00100
        Z 11111 00001 00010 00100 01000 10000 11111
        0 01110 10001 10011 10101 11001 10001 01110
        1 00100 01100 00100 00100 00100 00100 01110
        2 01110 10001 00001 00110 01000 10000 11111
        3 11110 00001 00001 01110 00001 00001 11110
        4 00010 00110 01010 10010 11111 00010 00010
        5 11111 10000 11110 00001 00001 10001 01110
        6 01110 10000 10000 11110 10001 10001 01110
        7 11111 00001 00010 00100 01000 01000 01000
        8 01110 10001 10001 01110 10001 10001 01110
        9 01110 10001 10001 01111 00001 00001 01110
        - 00000 00000 00000 01110 00000 00000 00000
        . 00000 00000 00000 00000 00000 01100 01100
        , 00000 00000 00000 00000 01100 00100 01000
        ' 00100 00100 01000 00000 00000 00000 00000
        : 00000 01100 01100 00000 01100 01100 00000
        """;

    private static readonly Dictionary<char, string[]> Glyphs = Drawn.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(' '))
        .ToDictionary(parts => parts[0][0], parts => parts[1..]);

    /// <summary>Pixels across that a text takes, before it is enlarged.</summary>
    public static int Measure(string text) => Math.Max(0, (text.Length * (Width + 1)) - 1);

    /// <summary>Calls back for each pixel of a text; letters that were not drawn are blank.</summary>
    public static void Draw(string text, Action<int, int> pixel)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!Glyphs.TryGetValue(char.ToUpperInvariant(text[i]), out var rows))
            {
                continue;
            }

            for (var y = 0; y < Height; y++)
            {
                for (var x = 0; x < Width; x++)
                {
                    if (rows[y][x] == '1')
                    {
                        pixel((i * (Width + 1)) + x, y);
                    }
                }
            }
        }
    }
}
