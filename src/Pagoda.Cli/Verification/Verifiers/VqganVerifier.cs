using Pagoda.Models.Lpips;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>taming-transformers' VQGAN: towers, quantiser, and one training step's losses and gradients for both sides.</summary>
internal sealed class VqganVerifier : IFixtureVerifier
{
    private const string GeneratorGradient = "grad.generator.", DiscriminatorGradient = "grad.discriminator.";

    public bool Recognises(Fixture fixture) => fixture.ComesFrom("VQModel") && fixture.Has("ddconfig") && fixture.Lists("output.reconstruction");

    public void Verify(FixtureRun run)
    {
        var settings = Settings(run.Fixture);
        var weights = Weights.Load(run.Weights(), Device.Cpu);
        var model = new VqganModel(weights, VqganFixture.Taming(run.Fixture));
        var parts = new Parts(model, new LpipsDistance(weights["loss"]["perceptual_loss"]), new Discriminator(weights["loss"]["discriminator"], settings.Discriminator), settings);
        weights.ThrowIfUnexpected();
        Towers(run, model);
        Generator(run, parts);
        Discriminate(run, parts);
    }

    private static void Towers(FixtureRun run, VqganModel model)
    {
        var image = run.Input("image").WithGrad();
        var latents = model.Encode(image);
        var quantization = model.Quantize(latents);
        var reconstruction = model.Decode(quantization.Quantized);
        run.Near("output.encoder", model.Encoder.Forward(image));
        run.Near("output.quant_conv", latents);
        run.Near("output.quant", quantization.Quantized);
        run.Near("output.codebook_loss", quantization.Loss);
        run.Within("output.indices", quantization.Indices, 0);
        run.Near("output.reconstruction", reconstruction);
        run.Near("output.decode_from_indices", model.DecodeTokens(run.Input("indices")));
        var loss = (reconstruction - image.Detach()).Abs().Mean() + quantization.Loss;
        run.Near("grad.image", Autograd.Grad(loss, image));
    }

    private static void Generator(FixtureRun run, Parts parts)
    {
        var (model, settings) = (parts.Model, parts.Settings);
        model.LastLayer.RequiresGrad = true;
        var wanted = run.ExpectedNames().Where(name => name.StartsWith(GeneratorGradient, StringComparison.Ordinal)).ToList();
        Tensor[] inputs = [.. wanted.Select(name => model.Weights.Parameters[name[GeneratorGradient.Length..]].WithGrad())];
        var image = run.Input("image");
        var quantization = model.Quantize(model.Encode(image));
        var reconstructed = model.Decode(quantization.Quantized);
        var near = VqganLoss.Reconstruction(image, reconstructed, parts.Distance.Forward, settings.PerceptualWeight);
        var adversarial = VqganLoss.Generator(parts.Discriminator.Forward(reconstructed, training: true));
        var adaptive = VqganLoss.AdaptiveWeight(near.Total, adversarial, model.LastLayer, settings.DiscriminatorWeight);
        Tensor Total(double factor) => VqganLoss.Total(near.Total, adversarial, adaptive, factor, quantization.Loss, settings.CodebookWeight);
        var total = Total(settings.Factor);
        run.Near("output.generator.total_loss", total);
        run.Near("output.generator.quant_loss", quantization.Loss);
        run.Near("output.generator.nll_loss", near.Total);
        run.Near("output.generator.rec_loss", near.Total);
        run.Near("output.generator.p_loss", near.Perceptual!);
        run.Near("output.generator.d_weight", adaptive);
        run.Near("output.generator.disc_factor", Tensor.FromScalar(settings.Factor));
        run.Near("output.generator.g_loss", adversarial);
        run.Near("output.generator_before_disc_start.total_loss", Total(0));
        run.Near("output.generator_before_disc_start.disc_factor", Tensor.FromScalar(0));
        var gradients = Autograd.Grad(total, inputs);
        for (var i = 0; i < wanted.Count; i++)
        {
            run.Near(wanted[i], gradients[i]);
        }

        model.Weights.SetTrainable("", false);
    }

    private static void Discriminate(FixtureRun run, Parts parts)
    {
        var wanted = run.ExpectedNames().Where(name => name.StartsWith(DiscriminatorGradient, StringComparison.Ordinal)).ToList();
        Tensor[] inputs = [.. wanted.Select(name => parts.Model.Weights.Parameters[name[DiscriminatorGradient.Length..]].WithGrad())];
        var image = run.Input("image");
        var reconstructed = parts.Model.Decode(parts.Model.Quantize(parts.Model.Encode(image)).Quantized);
        var real = parts.Discriminator.Forward(image, training: true);
        var fake = parts.Discriminator.Forward(reconstructed, training: true);
        var loss = (parts.Settings.IsHinge ? VqganLoss.Hinge(real, fake) : VqganLoss.Vanilla(real, fake)) * parts.Settings.Factor;
        run.Near("output.discriminator.disc_loss", loss);
        run.Near("output.discriminator.logits_real", real.Mean());
        run.Near("output.discriminator.logits_fake", fake.Mean());
        var gradients = Autograd.Grad(loss, inputs);
        for (var i = 0; i < wanted.Count; i++)
        {
            run.Near(wanted[i], gradients[i]);
        }
    }

    private static LossSettings Settings(Fixture fixture)
    {
        var loss = fixture.Setting("lossparams") ?? throw new InvalidDataException($"{fixture.File}: its entry in the index has no setting lossparams.");
        return new LossSettings(
            new DiscriminatorConfig(loss.GetProperty("disc_ndf").GetInt32(), loss.GetProperty("disc_num_layers").GetInt32(), loss.TryGetProperty("use_actnorm", out var actNorm) && actNorm.GetBoolean()),
            loss.GetProperty("perceptual_weight").GetDouble(),
            loss.GetProperty("disc_weight").GetDouble(),
            fixture.Int("global_step") >= loss.GetProperty("disc_start").GetInt32() ? loss.GetProperty("disc_factor").GetDouble() : 0,
            loss.GetProperty("codebook_weight").GetDouble(),
            loss.GetProperty("disc_loss").GetString() == "hinge");
    }

    private sealed record LossSettings(
        DiscriminatorConfig Discriminator, double PerceptualWeight, double DiscriminatorWeight, double Factor, double CodebookWeight, bool IsHinge);

    private sealed record Parts(VqganModel Model, LpipsDistance Distance, Discriminator Discriminator, LossSettings Settings);
}
