namespace Pagoda.Models.Vqgan;

/// <summary>Floating-point operations of a decoder's products and convolutions, a multiply-add counted as two; normalisations and the like are left out.</summary>
public static class DecoderOperations
{
    /// <summary>Operations for one picture whose grid has <paramref name="height"/> x <paramref name="width"/> tokens.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="height">Tokens in a column.</param>
    /// <param name="width">Tokens in a row.</param>
    /// <param name="byParity">
    /// Count the doubling convolutions as four of 2 x 2 on the small map, as they are computed on processors, and not as
    /// one of 3 x 3 on the doubled map.
    /// </param>
    public static double Count(VqganConfig config, int height, int width, bool byParity)
    {
        var levels = config.Multipliers.Length;
        double channels = config.Width(levels - 1);
        double places = (double)height * width;
        double Convolution(double inputs, double outputs, int taps) => 2 * taps * inputs * outputs * places;
        double Block(double inputs, double outputs) =>
            Convolution(inputs, outputs, 9) + Convolution(outputs, outputs, 9) + (inputs == outputs ? 0 : Convolution(inputs, outputs, 1));
        double Attention(double c) => Convolution(c, c, 4) + (4 * places * places * c);
        var sum = Convolution(config.CodebookWidth, config.LatentChannels, 1) + Convolution(config.LatentChannels, channels, 9)
            + (2 * Block(channels, channels)) + Attention(channels);
        for (var level = levels - 1; level >= 0; level--)
        {
            for (var block = 0; block <= config.Blocks; block++)
            {
                sum += Block(channels, config.Width(level));
                channels = config.Width(level);
                sum += config.HasAttention(level) ? Attention(channels) : 0;
            }

            if (level > 0)
            {
                places *= 4;
                sum += Convolution(channels, channels, byParity ? 4 : 9);
            }
        }

        return sum + Convolution(channels, 3, 9);
    }
}
