namespace Pagoda.Generation.Guidance;

/// <summary>A stretch of a painting at one size.</summary>
/// <param name="Size">Side of the picture.</param>
/// <param name="End">The step before which it ends.</param>
internal readonly record struct Stage(int Size, int End);

/// <summary>
/// Coarse to fine: a picture larger than the model's input is laid out at the input's size, where the model sees all of it,
/// then doubled until it is large enough.
/// </summary>
internal static class Stages
{
    /// <summary>The stages; half of the steps go to the first, for it decides what the picture shows, the rest evenly to the others.</summary>
    public static List<Stage> Plan(int modelSize, int size, int steps, bool fromPicture)
    {
        List<int> sizes = [size];
        // A given picture has its details already.
        while (!fromPicture && sizes[0] > modelSize)
        {
            sizes.Insert(0, Math.Max(modelSize, (sizes[0] + 1) / 2));
        }

        var first = sizes.Count == 1 ? steps : steps / 2;
        return
        [
            .. sizes.Select((side, at) => new Stage(side, at == 0 ? first : first + (int)((long)(steps - first) * at / (sizes.Count - 1)))),
        ];
    }
}
