namespace Pagoda.Data.Scenes;

/// <summary>The colours that scenes stand on.</summary>
internal static class Backgrounds
{
    private static readonly (string Name, int R, int G, int B)[] Colors =
    [
        ("red", 219, 48, 48), ("orange", 245, 140, 46), ("yellow", 252, 212, 60), ("green", 66, 168, 78), ("blue", 56, 116, 220),
        ("purple", 138, 88, 200), ("pink", 246, 150, 190), ("brown", 138, 94, 58), ("black", 18, 18, 20), ("gray", 148, 148, 150),
        ("light blue", 184, 220, 250), ("light green", 194, 234, 188), ("light yellow", 255, 244, 186), ("light pink", 253, 214, 228),
        ("light purple", 222, 208, 246), ("light gray", 222, 222, 225), ("beige", 240, 228, 204), ("dark blue", 24, 38, 96),
        ("dark green", 20, 76, 44), ("teal", 38, 150, 150),
        // The plain words once more: they are asked for most.
        ("red", 232, 66, 60), ("yellow", 255, 222, 84), ("green", 96, 190, 96), ("blue", 78, 144, 236), ("pink", 250, 170, 205),
    ];

    public static Background White { get; } = new("white", (1, 1, 1), (1, 1, 1));

    /// <summary>A colour that none of the objects has, a little varied, perhaps fading from light to full.</summary>
    public static Background Draw(ref SampleRandom random, IEnumerable<string?> taken, bool gradient)
    {
        var avoid = taken.OfType<string>().Select(Plain).ToHashSet();
        (string Name, int R, int G, int B) color;
        do
        {
            color = random.Pick(Colors);
        }
        while (avoid.Contains(Plain(color.Name)));

        var full = (Vary(ref random, color.R), Vary(ref random, color.G), Vary(ref random, color.B));
        if (!gradient)
        {
            return new Background(color.Name, full, full);
        }

        var toward = color.Name is "black" or "dark blue" or "dark green" ? 0.22f : 0.38f;
        var soft = (Lift(full.Item1, toward), Lift(full.Item2, toward), Lift(full.Item3, toward));
        return random.Chance(0.5) ? new Background(color.Name, soft, full) : new Background(color.Name, full, soft);
    }

    private static string Plain(string name) => name == "teal" ? "green" : name == "grey" ? "gray" : name[(name.LastIndexOf(' ') + 1)..];

    private static float Vary(ref SampleRandom random, int channel) =>
        Math.Clamp((channel + random.Between(-9, 9)) / 255f, 0, 1);

    private static float Lift(float channel, float toward) => channel + (1 - channel) * toward;
}
