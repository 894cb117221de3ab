namespace Pagoda.Generation.Strokes;

/// <summary>Leaves out strokes that do not matter.</summary>
public static class StrokePruning
{
    // Half a step of 8 bits.
    private const double Unseen = 0.5 / 255;

    /// <summary>The drawing without the strokes that matter least, as long as it looks alike.</summary>
    /// <param name="drawing">The drawing.</param>
    /// <param name="change">By how much the picture's numbers may change, in the mean; with 0 only strokes go that change nothing of 8 bits.</param>
    public static StrokeDrawing Prune(StrokeDrawing drawing, double change)
    {
        var whole = StrokeRenderer.Render(drawing);
        var most = change > 0 ? change : Unseen;
        while (Least(drawing) is { Count: > 0 } least)
        {
            // Each of two that lie alike over each other may go, but not both: the picture has the last word.
            while (least.Count > 0 && Change(StrokeRenderer.Render(drawing.Without(least))) > most)
            {
                least.RemoveRange(least.Count / 2, least.Count - (least.Count / 2));
            }

            if (least.Count == 0)
            {
                break;
            }

            drawing = drawing.Without(least);
        }

        return drawing;

        // Those that matter least, until what they change adds up to all that is allowed.
        List<int> Least(StrokeDrawing drawing)
        {
            var shares = StrokeRenderer.Shares(drawing);
            double Of(int i) => change > 0 ? shares[i].Sum / whole.Length : shares[i].Largest;
            var sum = 0.0;
            return [.. Enumerable.Range(0, shares.Length).OrderBy(Of).TakeWhile(i => (sum += Of(i)) <= most)];
        }

        double Change(float[] picture)
        {
            var changes = picture.Zip(whole, (one, other) => Math.Abs((double)one - other));
            return change > 0 ? changes.Average() : changes.Max();
        }
    }
}
