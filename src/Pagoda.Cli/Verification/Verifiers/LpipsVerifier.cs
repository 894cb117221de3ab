using Pagoda.Models.Lpips;
using Pagoda.Torch;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>The perceptual distance, the features that it compares, and its gradient to a picture.</summary>
internal sealed class LpipsVerifier : IFixtureVerifier
{
    public bool Recognises(Fixture fixture) => fixture.ComesFrom("LPIPS") && fixture.Lists("output.distance");

    public void Verify(FixtureRun run)
    {
        var weights = Weights.Load(run.Weights(), Device.Cpu);
        var distance = new LpipsDistance(weights);
        weights.ThrowIfUnexpected();
        var left = run.Input("image0");
        var right = run.Input("image1").WithGrad();
        var distances = distance.Forward(left, right);
        run.Near("output.distance", distances);
        run.Near("grad.image1", Autograd.Grad(distances.Sum(), right));
        var maps = distance.Features(left);
        for (var slice = 0; slice < maps.Length; slice++)
        {
            run.Near($"output.feature_mean_slice{slice + 1}", maps[slice].Mean([2, 3]));
        }
    }
}
