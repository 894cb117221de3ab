using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Training.Attacks;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>Projected gradient attacks on the contrastive loss, in L2 and L-infinity.</summary>
internal sealed class ProjectedGradientVerifier : IFixtureVerifier
{
    /// <summary>L-infinity steps go by the gradient's sign, which rounding decides where it is near zero: so many may differ.</summary>
    private const double FlippedSigns = 0.002;

    public bool Recognises(Fixture fixture) => fixture.Has("eps") && fixture.Has("step_size") && fixture.Has("steps") && fixture.Lists("output.delta");

    public void Verify(FixtureRun run)
    {
        var fixture = run.Fixture;
        var options = new AttackOptions
        {
            Norm = fixture.ComesFrom("LinfStep") ? AttackNorm.LInfinity : AttackNorm.L2,
            Radius = fixture.Number("eps"),
            StepSize = fixture.Number("step_size"),
            Steps = fixture.Int("steps"),
        };
        var model = ClipFixture.Model(run);
        var image = run.Input("image");
        var texts = model.EncodeText(run.Input("text"));
        var losses = new List<float>();
        Tensor Loss(Tensor pictures)
        {
            var loss = ClipLoss.Compute(model.EncodeImage(pictures), texts, model.LogitScale);
            losses.Add((float)loss.ToDouble());
            return loss;
        }

        var leaf = image.Detach().WithGrad();
        run.Near("grad.image_step0", Autograd.Grad(Loss(leaf), leaf));
        var first = new ProjectedGradient(options with { Steps = 1 }).Perturb(image, Loss) - image;
        losses.Clear();
        var last = new ProjectedGradient(options).Perturb(image, Loss);
        Loss(last);
        run.Near("output.losses", Tensor.From(losses.ToArray()), 1e-4);
        var delta = last - image;
        Delta(run, "output.delta_step1", first, options.Norm);
        Delta(run, "output.delta", delta, options.Norm);
        // The norm of differences of which some may have flipped sign is as far off as these let it be.
        var allowed = options.Norm == AttackNorm.LInfinity ? FlippedSigns : fixture.Tolerance;
        run.Near("output.delta_norm_l2", delta.LinalgVectorNorm(2, [1, 2, 3]), allowed);
        run.Near("output.delta_norm_linf", delta.Abs().Amax([1, 2, 3]));
    }

    private static void Delta(FixtureRun run, string name, Tensor actual, AttackNorm norm)
    {
        if (norm == AttackNorm.L2)
        {
            run.Near(name, actual);
            return;
        }

        var pairs = FixtureRun.Flat(actual).Zip(run.Expected(name)).ToList();
        var far = pairs.Count(pair => !(Math.Abs(pair.First - pair.Second) <= 1e-6));
        run.Add(name, (double)far / pairs.Count, FlippedSigns, "share of values more than 1e-6 off");
    }
}
