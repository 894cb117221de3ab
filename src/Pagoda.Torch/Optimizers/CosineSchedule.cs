namespace Pagoda.Torch.Optimizers;

/// <summary>A linear rise over the warm-up, then half a cosine down to the floor (open_clip's cosine schedule).</summary>
/// <param name="Peak">The highest learning rate.</param>
/// <param name="WarmUp">Steps of the rise.</param>
/// <param name="Total">Steps in all.</param>
/// <param name="Floor">The lowest learning rate after the rise.</param>
public sealed record CosineSchedule(double Peak, long WarmUp, long Total, double Floor = 0)
{
    /// <summary>The learning rate of a step, counted from 0.</summary>
    public double At(long step)
    {
        if (step < WarmUp)
        {
            return Peak * (step + 1) / WarmUp;
        }

        var done = Math.Clamp((step - WarmUp) / (double)Math.Max(1, Total - WarmUp), 0, 1);
        return Floor + ((Peak - Floor) * 0.5 * (1 + Math.Cos(Math.PI * done)));
    }
}
