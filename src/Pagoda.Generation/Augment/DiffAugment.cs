using Pagoda.Torch;

namespace Pagoda.Generation.Augment;

/// <summary>
/// Differentiable augmentation (Zhao et al. 2020, arXiv 2006.10738) with the parts and ranges of CLIPAG's notebook
/// (royg27/CLIPAG: CLIPAG_T2I.ipynb): brightness ±0.5, saturation x U(0, 2), contrast x U(0.5, 1.5), translation by up to an
/// eighth, one resize to 0.8..1.2 for the whole batch, a cut-out square of half the side; and those of its CLIPDraw notebook
/// (CLIPAG+CLIPDraw.ipynb): a perspective seen on white, a part of 0.7 to 0.9 of the area. What is random is drawn apart from what is done with it.
/// </summary>
public sealed class DiffAugment
{
    private const double TranslationRatio = 0.125;
    private const double CutoutRatio = 0.5;
    private const double SmallestResize = 0.8;
    private const double ResizeRange = 0.4;

    private static readonly string[] s_parts = ["color", "translation", "resize", "cutout", "perspective", "crop"];
    private readonly string[] _policy;

    /// <summary>Reads a policy: some of <c>color, translation, resize, cutout, perspective, crop</c> with commas between, in the order of use; empty for none.</summary>
    /// <exception cref="GenerationException">The policy names something else.</exception>
    public DiffAugment(string policy)
    {
        _policy = policy.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var unknown = Array.Find(_policy, part => !s_parts.Contains(part));
        if (unknown is not null)
        {
            throw new GenerationException($"The augmentation policy \"{policy}\" has the unknown part \"{unknown}\"; use some of {string.Join(',', s_parts)}.");
        }
    }

    /// <summary>True when the policy is empty and pictures pass unchanged.</summary>
    public bool IsEmpty => _policy.Length == 0;

    /// <summary>Draws what <see cref="Apply"/> needs for so many square pictures of that size.</summary>
    public DiffAugmentDraws Draw(int count, int size, Generator generator)
    {
        var draws = new DiffAugmentDraws();
        foreach (var part in _policy)
        {
            // Written out of order, the properties would be drawn in another order than they are used.
            switch (part)
            {
                case "color":
                    draws = draws with { Brightness = RandomDraws.Uniform(count, generator) };
                    draws = draws with { Saturation = RandomDraws.Uniform(count, generator) };
                    draws = draws with { Contrast = RandomDraws.Uniform(count, generator) };
                    break;
                case "translation":
                    var shift = (int)((size * TranslationRatio) + 0.5);
                    draws = draws with { TranslationRows = RandomDraws.Integers(count, -shift, shift + 1, generator) };
                    draws = draws with { TranslationColumns = RandomDraws.Integers(count, -shift, shift + 1, generator) };
                    break;
                case "resize":
                    draws = draws with { Resize = RandomDraws.Uniform(1, generator)[0] };
                    break;
                case "perspective":
                    draws = draws with { Corners = RandomPerspective.Draw(count, size, generator) };
                    break;
                case "crop":
                    draws = draws with { Windows = RandomWindow.Draw(count, size, generator) };
                    break;
                default:
                    var end = size + 1 - (CutoutSide(size) % 2);
                    draws = draws with { CutoutRows = RandomDraws.Integers(count, 0, end, generator) };
                    draws = draws with { CutoutColumns = RandomDraws.Integers(count, 0, end, generator) };
                    break;
            }
        }

        return draws;
    }

    /// <summary>Pictures <c>[N, 3, S, S]</c>, changed as the policy and the draws say; values may leave [0, 1].</summary>
    /// <exception cref="ArgumentException">A part of the policy has no draws.</exception>
    public Tensor Apply(Tensor pictures, DiffAugmentDraws draws)
    {
        foreach (var part in _policy)
        {
            pictures = part switch
            {
                "color" => Contrast(Saturation(Brightness(pictures, Drawn(draws.Brightness, part)), Drawn(draws.Saturation, part)), Drawn(draws.Contrast, part)),
                "translation" => Translate(pictures, Drawn(draws.TranslationRows, part), Drawn(draws.TranslationColumns, part)),
                "resize" => Resize(pictures, draws.Resize ?? throw Missing(part)),
                "perspective" => RandomPerspective.Apply(pictures, Drawn(draws.Corners, part)),
                "crop" => RandomWindow.Apply(pictures, draws.Windows ?? throw Missing(part)),
                _ => Cutout(pictures, Drawn(draws.CutoutRows, part), Drawn(draws.CutoutColumns, part)),
            };
        }

        return pictures;
    }

    /// <summary>Adds u - 0.5 to each picture.</summary>
    public static Tensor Brightness(Tensor pictures, float[] uniform) => pictures + PerPicture(uniform, u => u - 0.5f, pictures.Device);

    /// <summary>Multiplies the distance of each pixel's channels from their mean by 2u.</summary>
    public static Tensor Saturation(Tensor pictures, float[] uniform) =>
        About(pictures, pictures.Mean([1], keepdim: true), PerPicture(uniform, u => u * 2, pictures.Device));

    /// <summary>Multiplies the distance of each value from its picture's mean by u + 0.5.</summary>
    public static Tensor Contrast(Tensor pictures, float[] uniform) =>
        About(pictures, pictures.Mean([1, 2, 3], keepdim: true), PerPicture(uniform, u => u + 0.5f, pictures.Device));

    /// <summary>Shifts each picture by whole pixels; black comes in from outside.</summary>
    public static Tensor Translate(Tensor pictures, long[] rows, long[] columns)
    {
        return SeparableSampling.Sample(pictures, Shift(rows, pictures.Size(2)), Shift(columns, pictures.Size(3)));

        Tensor Shift(long[] shifts, long size)
        {
            var positions = new float[shifts.Length * size];
            for (var i = 0; i < positions.Length; i++)
            {
                positions[i] = (i % size) + shifts[i / size];
            }

            return SeparableSampling.Matrix(positions, shifts.Length, (int)size, pictures.Device);
        }
    }

    /// <summary>Resizes to 0.8 + 0.4u of the side, then frames with black or crops the middle back to the size before.</summary>
    public static Tensor Resize(Tensor pictures, double uniform)
    {
        var size = (int)pictures.Size(3);
        var side = (int)(((uniform * ResizeRange) + SmallestResize) * size);
        var inside = SeparableSampling.CropPositions(0, size, side);
        var positions = new float[size];
        // Both halves are rounded towards the picture's start, as the notebook does.
        var margin = side < size ? (size - side) / 2 : -((side - size) / 2);
        for (var i = 0; i < size; i++)
        {
            positions[i] = i - margin >= 0 && i - margin < side ? inside[i - margin] : SeparableSampling.Outside;
        }

        var matrix = SeparableSampling.Matrix(positions, 1, size, pictures.Device);
        return SeparableSampling.Sample(pictures, matrix, matrix);
    }

    /// <summary>
    /// Blackens a square of half the side around a place. The square is clamped to the picture, and as in the notebook at
    /// least one row and column of it always stays inside.
    /// </summary>
    public static Tensor Cutout(Tensor pictures, long[] rows, long[] columns)
    {
        return pictures * (1 - (Band(rows, pictures.Size(2)).Unsqueeze(-1) * Band(columns, pictures.Size(3)).Unsqueeze(-2)));

        Tensor Band(long[] centres, long size)
        {
            var side = CutoutSide(size);
            var band = new float[centres.Length * size];
            for (var n = 0; n < centres.Length; n++)
            {
                var first = centres[n] - (side / 2);
                for (var i = Math.Clamp(first, 0, size - 1); i <= Math.Clamp(first + side - 1, 0, size - 1); i++)
                {
                    band[(n * size) + i] = 1;
                }
            }

            return Tensor.From(band, centres.Length, 1, size).To(device: pictures.Device);
        }
    }

    private static long CutoutSide(long size) => (long)((size * CutoutRatio) + 0.5);

    private static Tensor About(Tensor pictures, Tensor mean, Tensor factor) => ((pictures - mean) * factor) + mean;

    private static Tensor PerPicture(float[] uniform, Converter<float, float> map, Device device) =>
        Tensor.From(Array.ConvertAll(uniform, map), uniform.Length, 1, 1, 1).To(device: device);

    private static T[] Drawn<T>(T[]? draws, string part) => draws ?? throw Missing(part);

    private static ArgumentException Missing(string part) => new($"The policy has \"{part}\", but nothing was drawn for it.");
}
