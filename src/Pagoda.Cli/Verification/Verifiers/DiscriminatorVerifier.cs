using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>The patch discriminator with either normalisation: logits, losses, gradients, and the statistics that training leaves behind.</summary>
internal sealed class DiscriminatorVerifier : IFixtureVerifier
{
    private const string Gradient = "grad.", After = "output.after_train.";

    public bool Recognises(Fixture fixture) => fixture.ComesFrom("NLayerDiscriminator") && fixture.Lists("output.logits_real_eval");

    public void Verify(FixtureRun run)
    {
        var fixture = run.Fixture;
        var weights = Weights.Load(run.Weights(), Device.Cpu);
        var discriminator = new Discriminator(weights, new DiscriminatorConfig(fixture.Int("ndf"), fixture.Int("n_layers"), fixture.Flag("use_actnorm") ?? false));
        weights.ThrowIfUnexpected();
        var image = run.Input("image_fake").WithGrad();
        var (real, fake) = (discriminator.Forward(run.Input("image_real"), training: false), discriminator.Forward(image, training: false));
        run.Near("output.logits_real_eval", real);
        run.Near("output.logits_fake_eval", fake);
        run.Near("output.hinge_d_loss_eval", VqganLoss.Hinge(real, fake));
        run.Near("output.vanilla_d_loss_eval", VqganLoss.Vanilla(real, fake));
        var generator = VqganLoss.Generator(fake);
        run.Near("output.generator_loss_eval", generator);
        run.Near("grad.image_fake_eval", Autograd.Grad(generator, image));
        Train(run, discriminator, weights);
    }

    private static void Train(FixtureRun run, Discriminator discriminator, Weights weights)
    {
        var wanted = weights.Parameters.Where(parameter => run.Expects(Gradient + parameter.Key)).ToList();
        Tensor[] inputs = [.. wanted.Select(parameter => parameter.Value.WithGrad())];
        var real = discriminator.Forward(run.Input("image_real"), training: true);
        var fake = discriminator.Forward(run.Input("image_fake"), training: true);
        var loss = VqganLoss.Hinge(real, fake);
        run.Near("output.logits_real_train", real);
        run.Near("output.logits_fake_train", fake);
        run.Near("output.hinge_d_loss_train", loss);
        var gradients = Autograd.Grad(loss, inputs);
        for (var i = 0; i < wanted.Count; i++)
        {
            run.Near(Gradient + wanted[i].Key, gradients[i]);
        }

        foreach (var (name, tensor) in weights.StateDict)
        {
            run.Near(After + name, tensor);
        }
    }
}
