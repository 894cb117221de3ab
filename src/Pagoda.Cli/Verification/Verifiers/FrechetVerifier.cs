using Pagoda.Evaluation.Frechet;
using Pagoda.Torch;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>The Fréchet distance from moments or from activations.</summary>
internal sealed class FrechetVerifier : IFixtureVerifier
{
    private const string Output = "output.frechet_distance";

    // The reference's root of a singular product is itself inexact.
    private const double FullRank = 1e-5;
    private const double Singular = 1e-3;

    public bool Recognises(Fixture fixture) => fixture.ComesFrom("calculate_frechet_distance") && fixture.Lists(Output);

    public void Verify(FixtureRun run)
    {
        var expected = run.Expected(Output);
        var fromMoments = run.Fixture.Entry.GetProperty("inputs").TryGetProperty("case0.mu1", out _);
        var cases = run.Fixture.Setting("cases")!.Value;
        for (var i = 0; i < expected.Length; i++)
        {
            using var scope = new TensorScope();
            var distance = fromMoments
                ? FrechetDistance.Between(Input("mu1"), Input("sigma1"), Input("mu2"), Input("sigma2"))
                : FrechetDistance.Between(Statistics("activations1"), Statistics("activations2"));
            var (dimensions, first, second) = (cases[i][0].GetInt32(), cases[i][1].GetInt32(), cases[i][2].GetInt32());
            var tolerance = Math.Min(first, second) > dimensions ? FullRank : Singular;
            var scale = Math.Max(1, Math.Abs(expected[i]));
            run.Add(Output, Math.Abs(distance - expected[i]) / scale, tolerance, $"case {i}, relative");

            Tensor Input(string name) => run.Input($"case{i}.{name}").To(ScalarType.Float64);

            FeatureStatistics Statistics(string name) => FeatureStatistics.Of(Input(name));
        }
    }
}
