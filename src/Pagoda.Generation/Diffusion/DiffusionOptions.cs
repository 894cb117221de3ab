namespace Pagoda.Generation.Diffusion;

/// <summary>How noise becomes a picture under guidance.</summary>
public sealed record DiffusionOptions
{
    /// <summary>
    /// How strongly critics steer: by how many deviations of a step's noise the mean of the next picture moves along the energy's normalised gradient; 0 leaves the network alone.
    /// </summary>
    public double Strength { get; init; } = 0.4;

    /// <summary>
    /// Noise of each step, as a share of what DDPM adds: 0 is DDIM (Song et al. 2021, arXiv 2010.02502), 1 is DDPM, under whose fresh noise guided pictures were seen to have less speckle.
    /// </summary>
    public double Eta { get; init; } = 1;

    /// <summary>
    /// Whether the gradient goes back through the network to the noisy picture, which costs a second pass, or stops at the clean picture that it predicts.
    /// </summary>
    public bool Through { get; init; }

    /// <summary>Refuses what is out of range.</summary>
    /// <exception cref="GenerationException">One sentence on the value at fault.</exception>
    public void Check()
    {
        Require(Strength is >= 0 and < 1e6, $"Guidance of strength {Strength} is out of range; choose 0 or more.");
        Require(Eta is >= 0 and <= 1, $"A share of noise of {Eta} is out of range; choose 0 (DDIM) to 1 (DDPM).");

        static void Require(bool holds, string otherwise)
        {
            if (!holds)
            {
                throw new GenerationException(otherwise);
            }
        }
    }
}
