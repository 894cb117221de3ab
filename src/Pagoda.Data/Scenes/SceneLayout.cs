namespace Pagoda.Data.Scenes;

/// <summary>Where objects stand on a canvas of 1 x 1: centre and longer side, each with a little chance.</summary>
internal static class SceneLayout
{
    public static (float X, float Y, float Side) Single(ref SampleRandom random, (float Low, float High) scale)
    {
        // The larger of two draws: most pictures show their object large, as people expect of a picture of one thing.
        var side = MathF.Max(random.Between(scale.Low, scale.High), random.Between(scale.Low, scale.High));
        var room = MathF.Max(0, (1 - side) / 2);
        return (0.5f + random.Between(-room, room), 0.5f + random.Between(-room, room), side);
    }

    public static (float X, float Y, float Side)[] Pair(ref SampleRandom random, Relation relation)
    {
        var a = Half(ref random, 0.26f);
        var b = Half(ref random, 0.74f);
        return relation == Relation.LeftOf
            ? [a, b]
            : [(a.Y, a.X, a.Side), (b.Y, b.X, b.Side)];
    }

    public static (float X, float Y, float Side)[] Copies(ref SampleRandom random, int count)
    {
        (float X, float Y)[] centres = (count, random.Next(2)) switch
        {
            (2, 0) => [(0.26f, 0.5f), (0.74f, 0.5f)],
            (2, _) => [(0.28f, 0.28f), (0.72f, 0.72f)],
            (3, 0) => [(0.5f, 0.26f), (0.26f, 0.74f), (0.74f, 0.74f)],
            (3, _) => [(0.18f, 0.5f), (0.5f, 0.5f), (0.82f, 0.5f)],
            (_, _) => [(0.26f, 0.26f), (0.74f, 0.26f), (0.26f, 0.74f), (0.74f, 0.74f)],
        };
        var row = count == 3 && centres[0].Y == 0.5f;
        var side = row ? random.Between(0.27f, 0.31f) : random.Between(0.36f, 0.47f);
        var jitter = row ? 0.01f : 0.02f;
        var places = new (float X, float Y, float Side)[count];
        var lift = row || (count == 2 && centres[0].Y == 0.5f) ? random.Between(-0.15f, 0.15f) : 0;
        for (var i = 0; i < count; i++)
        {
            places[i] = (centres[i].X + random.Between(-jitter, jitter), centres[i].Y + lift + random.Between(-jitter, jitter), side);
        }

        return places;
    }

    private static (float X, float Y, float Side) Half(ref SampleRandom random, float middle) =>
        (middle + random.Between(-0.02f, 0.02f), 0.5f + random.Between(-0.14f, 0.14f), random.Between(0.40f, 0.50f));
}
