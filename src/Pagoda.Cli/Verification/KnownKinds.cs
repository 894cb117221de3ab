namespace Pagoda.Cli.Verification;

/// <summary>Kinds of fixture that have no verifier yet, told apart from those that nobody has heard of.</summary>
internal static class KnownKinds
{
    private static readonly string[] Words = ["VQGAN", "LPIPS", "Quantizer", "discriminator", "Inception", "Frechet", "FID"];

    public static bool IsKnown(Fixture fixture) =>
        Words.Any(word => fixture.What.Contains(word, StringComparison.OrdinalIgnoreCase) || fixture.ComesFrom(word));
}
