using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Pagoda.Data.Resizing;

namespace Pagoda.Data.Scenes;

/// <summary>Draws backgrounds and sprites into planar pictures [3, size, size] with channels in [0, 1].</summary>
internal static class SpriteRenderer
{
    [ThreadStatic]
    private static Vector128<float>[]? _scratch;

    public static void Fill(Span<float> picture, int size, Background background)
    {
        var (top, bottom) = (background.Top, background.Bottom);
        for (var y = 0; y < size; y++)
        {
            var t = size > 1 ? y / (float)(size - 1) : 0;
            picture.Slice(y * size, size).Fill(top.R + (bottom.R - top.R) * t);
            picture.Slice((size + y) * size, size).Fill(top.G + (bottom.G - top.G) * t);
            picture.Slice((2 * size + y) * size, size).Fill(top.B + (bottom.B - top.B) * t);
        }
    }

    /// <summary>Draws the sprite with its centre at (x, y) and its longer side <paramref name="side"/> pixels long.</summary>
    public static void Draw(Span<float> picture, int size, Sprite sprite, float x, float y, float side, bool mirrored, Recoloring? recoloring)
    {
        var scale = side / Math.Max(sprite.Width, sprite.Height);
        var (firstX, countX, originX) = Covered(x, sprite.Width, scale, size);
        var (firstY, countY, originY) = Covered(y, sprite.Height, scale, size);
        if (countX <= 0 || countY <= 0)
        {
            return;
        }

        var step = 1 / scale;
        var taps = AreaResize.TapCount(step);
        Span<int> startX = stackalloc int[countX], startY = stackalloc int[countY];
        Span<float> weightX = stackalloc float[countX * taps], weightY = stackalloc float[countY * taps];
        AreaResize.Weigh(sprite.Width, originX, step, startX, weightX, fade: true);
        AreaResize.Weigh(sprite.Height, originY, step, startY, weightY, fade: true);

        var needed = sprite.Width + sprite.Height * countX;
        var scratch = _scratch is { } kept && kept.Length >= needed ? kept : _scratch = new Vector128<float>[needed];
        var row = scratch.AsSpan(0, sprite.Width);
        var across = scratch.AsSpan(sprite.Width, sprite.Height * countX);
        var tapsX = Math.Min(taps, sprite.Width);
        for (var v = 0; v < sprite.Height; v++)
        {
            Load(sprite, v, row, mirrored);
            for (var i = 0; i < countX; i++)
            {
                var sum = Vector128<float>.Zero;
                ref var pixel = ref row[startX[i]];
                ref var weight = ref weightX[i * taps];
                for (var k = 0; k < tapsX; k++)
                {
                    sum += Unsafe.Add(ref pixel, k) * Unsafe.Add(ref weight, k);
                }

                across[v * countX + i] = sum;
            }
        }

        var tapsY = Math.Min(taps, sprite.Height);
        for (var j = 0; j < countY; j++)
        {
            for (var i = 0; i < countX; i++)
            {
                var sum = Vector128<float>.Zero;
                for (var k = 0; k < tapsY; k++)
                {
                    sum += across[(startY[j] + k) * countX + i] * weightY[j * taps + k];
                }

                if (sum[3] <= 0.002f)
                {
                    continue;
                }

                if (recoloring is { } paint)
                {
                    sum = paint.Apply(sum);
                }

                var at = (firstY + j) * size + firstX + i;
                var left = 1 - sum[3];
                picture[at] = Math.Min(1, sum[0] + left * picture[at]);
                picture[at + size * size] = Math.Min(1, sum[1] + left * picture[at + size * size]);
                picture[at + 2 * size * size] = Math.Min(1, sum[2] + left * picture[at + 2 * size * size]);
            }
        }
    }

    /// <summary>The canvas pixels that the sprite touches along one axis, and where the first begins in the sprite.</summary>
    private static (int First, int Count, float Origin) Covered(float centre, int length, float scale, int size)
    {
        var begin = centre - length * scale / 2;
        var margin = Math.Max(1, scale);
        var first = Math.Max(0, (int)MathF.Floor(begin - margin));
        var end = Math.Min(size, (int)MathF.Ceiling(begin + length * scale + margin));
        return (first, end - first, (first - begin) / scale);
    }

    private static void Load(Sprite sprite, int row, Span<Vector128<float>> pixels, bool mirrored)
    {
        var packed = MemoryMarshal.Cast<byte, uint>(sprite.Pixels.AsSpan(row * sprite.Width * 4, sprite.Width * 4));
        var unit = Vector128.Create(1f / 255);
        for (var i = 0; i < pixels.Length; i++)
        {
            var bytes = Vector128.CreateScalarUnsafe(packed[mirrored ? packed.Length - 1 - i : i]).AsByte();
            var wide = Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32();
            pixels[i] = Vector128.ConvertToSingle(wide) * unit;
        }
    }
}
