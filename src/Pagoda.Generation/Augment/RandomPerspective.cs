using Pagoda.Torch;

namespace Pagoda.Generation.Augment;

/// <summary>
/// Pictures seen askew, on white: each corner moves inwards by up to a quarter of the side (torchvision's RandomPerspective with a distortion of 0.5
/// and a fill of 1, as CLIPDraw uses it).
/// </summary>
public static class RandomPerspective
{
    private const double Distortion = 0.5;

    /// <summary>Draws where the corners of square pictures go: x and y in pixels of upper left, upper right, lower right, lower left.</summary>
    /// <returns>Eight numbers a picture.</returns>
    public static float[] Draw(int count, int size, Generator generator)
    {
        var inwards = RandomDraws.Integers(8 * count, 0, (int)(Distortion * (size / 2)) + 1, generator);
        var corners = new float[8 * count];
        for (var i = 0; i < corners.Length; i++)
        {
            // Of a picture's eight numbers, these are at the right or at the bottom.
            var far = (i % 8) is 2 or 4 or 5 or 7;
            corners[i] = far ? size - 1 - inwards[i] : inwards[i];
        }

        return corners;
    }

    /// <summary>Pictures <c>[N, 3, S, S]</c> with their corners moved, white around them; bilinear.</summary>
    public static Tensor Apply(Tensor pictures, float[] corners)
    {
        var (count, size) = ((int)pictures.Size(0), (int)pictures.Size(3));
        var grid = new float[count * size * size * 2];
        for (var n = 0; n < count; n++)
        {
            var map = Homography(corners.AsSpan(8 * n, 8), size);
            for (var i = 0; i < size * size; i++)
            {
                var (x, y) = ((i % size) + 0.5, (i / size) + 0.5);
                var scale = (map[6] * x) + (map[7] * y) + 1;
                // To the places that the operator counts from -1 to 1, edge to edge.
                var at = 2 * ((n * size * size) + i);
                grid[at] = (float)((2 * ((map[0] * x) + (map[1] * y) + map[2]) / scale / size) - 1);
                grid[at + 1] = (float)((2 * ((map[3] * x) + (map[4] * y) + map[5]) / scale / size) - 1);
            }
        }

        // Zeros come in from outside, so that white is taken away before and added after.
        return (pictures - 1).GridSampler(Tensor.From(grid, count, size, size, 2).To(device: pictures.Device), 0, 0, false) + 1;
    }

    /// <summary>The eight numbers that take places of the result to places of the picture: corners where they went to where they were.</summary>
    private static double[] Homography(ReadOnlySpan<float> corners, int size)
    {
        ReadOnlySpan<float> from = [0, 0, size - 1, 0, size - 1, size - 1, 0, size - 1];
        var rows = new double[8, 9];
        for (var corner = 0; corner < 4; corner++)
        {
            double x = corners[2 * corner], y = corners[(2 * corner) + 1];
            for (var axis = 0; axis < 2; axis++)
            {
                var (row, to) = ((2 * corner) + axis, (double)from[(2 * corner) + axis]);
                (rows[row, 3 * axis], rows[row, (3 * axis) + 1], rows[row, (3 * axis) + 2]) = (x, y, 1);
                (rows[row, 6], rows[row, 7], rows[row, 8]) = (-to * x, -to * y, to);
            }
        }

        return Solve(rows);
    }

    /// <summary>Gaussian elimination with pivots of eight equations, the right side in the last column.</summary>
    private static double[] Solve(double[,] rows)
    {
        for (var column = 0; column < 8; column++)
        {
            var pivot = Enumerable.Range(column, 8 - column).MaxBy(row => Math.Abs(rows[row, column]));
            for (var at = 0; at < 9; at++)
            {
                (rows[column, at], rows[pivot, at]) = (rows[pivot, at], rows[column, at]);
            }

            for (var row = 0; row < 8; row++)
            {
                var share = rows[row, column] / rows[column, column];
                for (var at = column; row != column && at < 9; at++)
                {
                    rows[row, at] -= share * rows[column, at];
                }
            }
        }

        return [.. Enumerable.Range(0, 8).Select(row => rows[row, 8] / rows[row, row])];
    }
}
