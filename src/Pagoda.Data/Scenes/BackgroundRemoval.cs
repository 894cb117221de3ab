using Pagoda.Data.Resizing;

namespace Pagoda.Data.Scenes;

/// <summary>
/// Cuts an object out of a white picture. White that reaches the border is background; white inside the object (an eye, a
/// dog's fur) stays. Pixels beside the background are mixtures C = a F + (1 - a) white: F is taken from the most coloured
/// pixel close by on the inner side, a is solved for, and F is stored, so that no white rim shows on another background.
/// </summary>
internal static class BackgroundRemoval
{
    /// <summary>
    /// The largest distance from white, of 255, that still counts as background; most noise of the JPEG samples
    /// (quality 95) stays below it, and the shading of white objects is mostly above.
    /// </summary>
    private const int Tolerance = 6;

    /// <summary>The largest distance from white of the ripples that JPEG leaves beside a strong edge.</summary>
    private const int RippleTolerance = 14;

    /// <summary>How far from a strong edge, in pixels, ripples reach.</summary>
    private const int RippleReach = 5;

    /// <summary>A distance from white that makes an edge strong.</summary>
    private const int StrongContrast = 80;

    /// <summary>Specks of at most so many pixels and of weak contrast are noise, not objects.</summary>
    private const int SpeckArea = 40;

    /// <summary>How many pixels wide an anti-aliased or JPEG-blurred edge is.</summary>
    private const int EdgeWidth = 2;

    /// <summary>
    /// Enclosed areas this pure and this large in a rendered picture are see-through (a cup's handle): shading never
    /// leaves so much exact white.
    /// </summary>
    private const int HoleArea = 24;

    /// <summary>Cuts out, crops to the object and reduces it to at most <paramref name="workingSize"/> pixels a side.</summary>
    /// <param name="width">Pixels a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="rgb">Row-major RGB.</param>
    /// <param name="workingSize">The longest side of the result.</param>
    /// <param name="lossy">Whether the picture comes from a JPEG, whose edges ring.</param>
    /// <param name="openHoles">Whether enclosed pure white is background too; true for rendered (3d) pictures.</param>
    /// <returns>The sprite, or null where the picture is white all over.</returns>
    public static Sprite? Cut(int width, int height, ReadOnlySpan<byte> rgb, int workingSize, bool lossy, bool openHoles)
    {
        var distance = DistanceFromBackground(width, height, rgb, lossy, openHoles);
        var cut = new float[width * height * 4];
        int left = width, top = height, right = -1, bottom = -1;
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var at = y * width + x;
                if (distance[at] == 0)
                {
                    continue;
                }

                var alpha = 1f;
                var source = at;
                if (distance[at] <= EdgeWidth)
                {
                    source = MostColoured(width, height, rgb, distance, x, y);
                    alpha = Mixture(rgb.Slice(at * 3, 3), rgb.Slice(source * 3, 3));
                }

                for (var c = 0; c < 3; c++)
                {
                    // Premultiplied: a F is what is left of C when the white share is taken away.
                    var own = Math.Clamp(rgb[at * 3 + c] - (1 - alpha) * 255f, 0, alpha * 255f);
                    cut[at * 4 + c] = own;
                }

                cut[at * 4 + 3] = alpha * 255f;
                if (alpha > 0.04f)
                {
                    (left, right) = (Math.Min(left, x), Math.Max(right, x));
                    (top, bottom) = (Math.Min(top, y), Math.Max(bottom, y));
                }
            }
        }

        return right < left ? null : Crop(cut, width, left, top, right - left + 1, bottom - top + 1, workingSize);
    }

    private static Sprite Crop(float[] cut, int stride, int left, int top, int width, int height, int workingSize)
    {
        var scale = Math.Min(1f, workingSize / (float)Math.Max(width, height));
        int outWidth = Math.Max(1, (int)MathF.Round(width * scale)), outHeight = Math.Max(1, (int)MathF.Round(height * scale));
        var cropped = new float[width * height * 4];
        for (var y = 0; y < height; y++)
        {
            Array.Copy(cut, ((top + y) * stride + left) * 4, cropped, y * width * 4, width * 4);
        }

        var reduced = AreaResize.Resize(cropped, width, height, 4, outWidth, outHeight);
        var pixels = new byte[reduced.Length];
        for (var i = 0; i < reduced.Length; i++)
        {
            pixels[i] = (byte)Math.Clamp(reduced[i] + 0.5f, 0, 255);
        }

        for (var i = 0; i < pixels.Length; i += 4)
        {
            for (var c = 0; c < 3; c++)
            {
                pixels[i + c] = Math.Min(pixels[i + c], pixels[i + 3]);
            }
        }

        return new Sprite(outWidth, outHeight, pixels);
    }

    /// <summary>0 for background; else the steps to the nearest background pixel, up to EdgeWidth + 1.</summary>
    private static byte[] DistanceFromBackground(int width, int height, ReadOnlySpan<byte> rgb, bool lossy, bool openHoles)
    {
        var area = width * height;
        var contrast = new int[area];
        for (var i = 0; i < area; i++)
        {
            contrast[i] = 255 - Math.Min(rgb[i * 3], Math.Min(rgb[i * 3 + 1], rgb[i * 3 + 2]));
        }

        var white = Array.ConvertAll(contrast, value => value <= Tolerance);

        var background = new bool[area];
        var stack = new Stack<int>();
        for (var x = 0; x < width; x++)
        {
            stack.Push(x);
            stack.Push(area - width + x);
        }

        for (var y = 0; y < height; y++)
        {
            stack.Push(y * width);
            stack.Push(y * width + width - 1);
        }

        Fill(width, height, white, background, stack, null);
        if (openHoles)
        {
            OpenHoles(width, height, white, Array.ConvertAll(contrast, value => value <= 1), background);
        }

        if (lossy)
        {
            RemoveRipples(width, height, contrast, background);
            RemoveSpecks(width, height, contrast, background);
        }

        var distance = new byte[area];
        for (var i = 0; i < area; i++)
        {
            distance[i] = background[i] ? (byte)0 : (byte)(EdgeWidth + 1);
        }

        for (var step = 0; step < EdgeWidth; step++)
        {
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    var at = y * width + x;
                    if (distance[at] == EdgeWidth + 1
                        && ((x > 0 && distance[at - 1] == step) || (x < width - 1 && distance[at + 1] == step)
                            || (y > 0 && distance[at - width] == step) || (y < height - 1 && distance[at + width] == step)))
                    {
                        distance[at] = (byte)(step + 1);
                    }
                }
            }
        }

        return distance;
    }

    private static void OpenHoles(int width, int height, bool[] white, bool[] pure, bool[] background)
    {
        var seen = (bool[])background.Clone();
        for (var i = 0; i < seen.Length; i++)
        {
            if (!pure[i] || seen[i])
            {
                continue;
            }

            var region = new List<int>();
            Fill(width, height, white, seen, new Stack<int>([i]), region);
            var exact = region.Count(at => pure[at]);
            if (exact >= HoleArea && exact >= region.Count * 0.8)
            {
                region.ForEach(at => background[at] = true);
            }
        }
    }

    /// <summary>Background grows into weak contrast beside strong edges, a pixel ring at a time.</summary>
    private static void RemoveRipples(int width, int height, int[] contrast, bool[] background)
    {
        for (var ring = 0; ring < RippleReach; ring++)
        {
            var grown = new List<int>();
            for (var y = 1; y < height - 1; y++)
            {
                for (var x = 1; x < width - 1; x++)
                {
                    var at = y * width + x;
                    if (!background[at] && contrast[at] <= RippleTolerance
                        && (background[at - 1] || background[at + 1] || background[at - width] || background[at + width])
                        && StrongestNear(width, height, contrast, x, y) >= StrongContrast)
                    {
                        grown.Add(at);
                    }
                }
            }

            grown.ForEach(at => background[at] = true);
        }
    }

    private static int StrongestNear(int width, int height, int[] contrast, int x, int y)
    {
        var strongest = 0;
        for (var v = Math.Max(0, y - RippleReach); v <= Math.Min(height - 1, y + RippleReach); v++)
        {
            for (var u = Math.Max(0, x - RippleReach); u <= Math.Min(width - 1, x + RippleReach); u++)
            {
                strongest = Math.Max(strongest, contrast[v * width + u]);
            }
        }

        return strongest;
    }

    private static void RemoveSpecks(int width, int height, int[] contrast, bool[] background)
    {
        var open = Array.ConvertAll(background, value => !value);
        var seen = new bool[background.Length];
        for (var i = 0; i < seen.Length; i++)
        {
            if (!open[i] || seen[i])
            {
                continue;
            }

            var region = new List<int>();
            Fill(width, height, open, seen, new Stack<int>([i]), region);
            if (region.Count <= SpeckArea && region.Max(at => contrast[at]) < StrongContrast / 2)
            {
                region.ForEach(at => background[at] = true);
            }
        }
    }

    private static void Fill(int width, int height, bool[] open, bool[] marked, Stack<int> stack, List<int>? region)
    {
        while (stack.TryPop(out var at))
        {
            if (marked[at] || !open[at])
            {
                continue;
            }

            marked[at] = true;
            region?.Add(at);
            var (y, x) = Math.DivRem(at, width);
            if (x > 0)
            {
                stack.Push(at - 1);
            }

            if (x < width - 1)
            {
                stack.Push(at + 1);
            }

            if (y > 0)
            {
                stack.Push(at - width);
            }

            if (y < height - 1)
            {
                stack.Push(at + width);
            }
        }
    }

    private static int MostColoured(int width, int height, ReadOnlySpan<byte> rgb, byte[] distance, int x, int y)
    {
        int best = y * width + x, bestDistance = -1;
        for (var v = Math.Max(0, y - EdgeWidth); v <= Math.Min(height - 1, y + EdgeWidth); v++)
        {
            for (var u = Math.Max(0, x - EdgeWidth); u <= Math.Min(width - 1, x + EdgeWidth); u++)
            {
                var at = v * width + u;
                if (distance[at] < distance[y * width + x])
                {
                    continue;
                }

                var fromWhite = 765 - rgb[at * 3] - rgb[at * 3 + 1] - rgb[at * 3 + 2];
                if (fromWhite > bestDistance)
                {
                    (best, bestDistance) = (at, fromWhite);
                }
            }
        }

        return best;
    }

    private static float Mixture(ReadOnlySpan<byte> mixed, ReadOnlySpan<byte> pure)
    {
        float along = 0, length = 0;
        for (var c = 0; c < 3; c++)
        {
            float own = 255 - mixed[c], full = 255 - pure[c];
            along += own * full;
            length += full * full;
        }

        // A white object has no colour to solve with: its edge stays as it is.
        return length < 24 * 24 ? 1f : Math.Clamp(along / length, 0, 1);
    }
}
