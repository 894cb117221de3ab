using Pagoda.Torch;

namespace Pagoda.Generation.Augment;

/// <summary>The draws of <see cref="ZoomAndShift"/>, one a view.</summary>
/// <param name="Zoom">Factor of the picture in the view; below 1 a white margin appears.</param>
/// <param name="Down">Shift of the window along rows, in halves of the side.</param>
/// <param name="Right">Shift of the window along columns, in halves of the side.</param>
public sealed record ZoomAndShiftDraws(float[] Zoom, float[] Down, float[] Right);

/// <summary>Small zooms and shifts over a white ground: the light views of an energy-trained model, which knows pictures that lie whole in their frame.</summary>
public static class ZoomAndShift
{
    /// <summary>Draws zooms uniform in [least, most] and shifts uniform within ±<paramref name="shift"/> half sides.</summary>
    public static ZoomAndShiftDraws Draw(int count, double least, double most, double shift, Generator generator)
    {
        var zoom = RandomDraws.Uniform(count, generator);
        var down = RandomDraws.Uniform(count, generator);
        var right = RandomDraws.Uniform(count, generator);
        return new ZoomAndShiftDraws(
            Array.ConvertAll(zoom, u => (float)(least + ((most - least) * u))),
            Array.ConvertAll(down, u => (float)(((2 * u) - 1) * shift)),
            Array.ConvertAll(right, u => (float)(((2 * u) - 1) * shift)));
    }

    /// <summary>The views <c>[N, 3, S, S]</c> of pictures <c>[N or 1, 3, S, S]</c> in [0, 1].</summary>
    public static Tensor Apply(Tensor pictures, ZoomAndShiftDraws draws)
    {
        var size = (int)pictures.Size(3);
        // Zeros come in from outside, so the picture is turned around for white to come in.
        return 1 - SeparableSampling.Sample(1 - pictures, Matrix(draws.Down), Matrix(draws.Right));

        Tensor Matrix(float[] shifts)
        {
            var positions = new float[shifts.Length * size];
            for (var i = 0; i < positions.Length; i++)
            {
                var view = i / size;
                var centred = ((((2.0 * (i % size)) + 1) / size) - 1) / draws.Zoom[view];
                positions[i] = (float)((((centred + shifts[view] + 1) * size) - 1) / 2);
            }

            return SeparableSampling.Matrix(positions, shifts.Length, size, pictures.Device);
        }
    }
}
