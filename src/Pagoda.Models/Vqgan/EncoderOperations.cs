namespace Pagoda.Models.Vqgan;

/// <summary>Floating-point operations of an encoder's products and convolutions, a multiply-add counted as two; normalisations and the like are left out.</summary>
public static class EncoderOperations
{
    /// <summary>Operations for one picture of <paramref name="height"/> x <paramref name="width"/> pixels, up to its latent vectors.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="height">Pixels in a column.</param>
    /// <param name="width">Pixels in a row.</param>
    public static double Count(VqganConfig config, int height, int width)
    {
        double places = (double)height * width, channels = config.Channels;
        double Convolution(double inputs, double outputs, int taps) => 2 * taps * inputs * outputs * places;
        double Block(double inputs, double outputs) =>
            Convolution(inputs, outputs, 9) + Convolution(outputs, outputs, 9) + (inputs == outputs ? 0 : Convolution(inputs, outputs, 1));
        double Attention(double c) => Convolution(c, c, 4) + (4 * places * places * c);
        var sum = Convolution(3, channels, 9);
        for (var level = 0; level < config.Multipliers.Length; level++)
        {
            if (level > 0)
            {
                places /= 4;
                sum += Convolution(channels, channels, 9);
            }

            for (var block = 0; block < config.Blocks; block++)
            {
                sum += Block(channels, config.Width(level));
                channels = config.Width(level);
                sum += config.HasAttention(level) ? Attention(channels) : 0;
            }
        }

        return sum + (2 * Block(channels, channels)) + Attention(channels)
            + Convolution(channels, config.LatentChannels, 9) + Convolution(config.LatentChannels, config.CodebookWidth, 1);
    }

    /// <summary>Operations of the search for the codes nearest to a map of latent vectors.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="height">Vectors in a column.</param>
    /// <param name="width">Vectors in a row.</param>
    public static double Nearest(VqganConfig config, int height, int width) => 2.0 * height * width * config.CodebookSize * config.CodebookWidth;
}
