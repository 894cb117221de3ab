using System.Globalization;
using Pagoda.Generation.Augment;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>Dynamic thresholding of CLIPAG's notebook.</summary>
internal sealed class DynamicThresholdVerifier : IFixtureVerifier
{
    private const string Quantile = "quantile_p";

    public bool Recognises(Fixture fixture) => fixture.ComesFrom("dynamic_thresh") && fixture.Has("p");

    public void Verify(FixtureRun run)
    {
        foreach (var name in run.ExpectedNames().ToList())
        {
            // output.INPUT.p0.95 is a picture, output.INPUT.quantile_p0.95 its quantile.
            var parts = name.Split('.', 3);
            var image = run.Input(parts[1]);
            if (parts[2].StartsWith(Quantile, StringComparison.Ordinal))
            {
                run.Near(name, DynamicThreshold.Quantile((image * 2) - 1, Number(parts[2][Quantile.Length..])));
            }
            else if (parts[2].StartsWith('p'))
            {
                run.Near(name, DynamicThreshold.Apply(image, Number(parts[2][1..])));
            }
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
