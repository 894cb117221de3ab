namespace Pagoda.Generation.Style;

/// <summary>How a style is learnt. The defaults suit small CLIPs such as the embedded one; <see cref="Published"/> are CLIPstyler's.</summary>
public sealed record StyleOptions
{
    /// <summary>The numbers of CLIPstyler's own program, for OpenAI's ViT-B/32 and 512 pixels (cyclomon/CLIPstyler: train_CLIPstyler.py).</summary>
    public static StyleOptions Published { get; } = new()
    {
        Size = 512, Steps = 200, Source = "a photo", Patches = 64, PatchSide = 0.25, Threshold = 0.7, LearningRate = 5e-4, HalveEvery = 100,
    };

    /// <summary>Side of the square that is styled, in pixels.</summary>
    public int Size { get; init; } = 256;

    /// <summary>Gradient steps.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>What the picture is before, in words; of several with <c>|</c> between, the middle.</summary>
    // CLIPs that never saw the words "a photo" place them anywhere. The middle of what pictures may show is the same for all.
    public string Source { get; init; } = "a picture | a face | an animal | a plant | food | a thing | a sign | a place";

    /// <summary>Parts of the picture that are looked at in each step.</summary>
    public int Patches { get; init; } = 16;

    /// <summary>Side of a part, as a fraction of the picture's.</summary>
    public double PatchSide { get; init; } = 0.5;

    /// <summary>Parts whose distance in direction, 0 to 2, is below this have enough of the style and do not count.</summary>
    // Small CLIPs are easily moved: at CLIPstyler's 0.7 a part has enough as soon as one blot is in it.
    public double Threshold { get; init; } = 0.2;

    /// <summary>Weight of the parts' directional loss.</summary>
    public double PatchWeight { get; init; } = 9000;

    /// <summary>Weight of the whole picture's directional loss.</summary>
    public double WholeWeight { get; init; } = 500;

    /// <summary>Weight of the change of features, which keeps what the picture shows.</summary>
    public double ContentWeight { get; init; } = 150;

    /// <summary>Weight of the differences between neighbouring pixels.</summary>
    public double VariationWeight { get; init; } = 0.002;

    /// <summary>Adam's step size; halved every <see cref="HalveEvery"/> steps.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Steps until the step size is halved.</summary>
    public int HalveEvery { get; init; } = 50;

    /// <summary>Refuses what is out of range.</summary>
    /// <exception cref="GenerationException">One sentence on the value at fault.</exception>
    public void Check()
    {
        Require(Size is >= 16 and <= 8192 && Size % 4 == 0, $"A picture of {Size} pixels cannot be styled; choose a multiple of 4 from 16 to 8192.");
        Require(Steps is >= 1 and <= 1_000_000, $"{Steps} steps cannot be taken; choose 1 or more.");
        Require(Source.Split('|').All(one => !string.IsNullOrWhiteSpace(one)), "What the picture is before has to be said, such as \"a photo\".");
        Require(Patches is >= 1 and <= 4096, $"{Patches} parts cannot be looked at; choose 1 to 4096.");
        Require(PatchSide is > 0 and <= 1, $"A part of {PatchSide} of the side is none; choose above 0, to 1.");
        Require(Threshold is >= 0 and <= 2, $"A threshold of {Threshold} is out of range; choose 0 to 2.");
        Require(LearningRate is > 0 and < 10, $"A step size of {LearningRate} is out of range; choose above 0.");
        Require(HalveEvery >= 1, $"The step size cannot be halved every {HalveEvery} steps; choose 1 or more.");
        Require(new[] { PatchWeight, WholeWeight, ContentWeight, VariationWeight }.All(weight => weight >= 0 && double.IsFinite(weight)), "A loss has a weight below 0; choose 0 or more.");

        static void Require(bool holds, string otherwise)
        {
            if (!holds)
            {
                throw new GenerationException(otherwise);
            }
        }
    }
}
