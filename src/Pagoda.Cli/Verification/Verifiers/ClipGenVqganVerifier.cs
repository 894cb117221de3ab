using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>CLIP-GEN's VQGAN under its own names: towers, quantiser and discriminator in evaluation mode.</summary>
internal sealed class ClipGenVqganVerifier : IFixtureVerifier
{
    public bool Recognises(Fixture fixture) => fixture.ComesFrom("models/vqgan.py") && fixture.Lists("output.stage0.reconstruction");

    public void Verify(FixtureRun run)
    {
        var weights = Weights.Load(new ClipGenVqgan(run.Weights()), Device.Cpu);
        var model = new VqganModel(weights, VqganFixture.ClipGen(run.Fixture));
        var discriminator = new Discriminator(weights["loss"]["discriminator"], new DiscriminatorConfig(run.Fixture.Int("disc_ch"), run.Fixture.Int("disc_layers")));
        weights.ThrowIfUnexpected();
        var image = run.Input("image").WithGrad();
        var latents = model.Encode(image);
        var quantization = model.Quantize(latents);
        var reconstruction = model.Decode(quantization.Quantized);
        var fake = discriminator.Forward(reconstruction, training: false);
        run.Near("output.encoder", latents);
        run.Near("output.z_q", quantization.Quantized);
        run.Near("output.loss_q", quantization.Loss);
        run.Within("output.indices", quantization.Indices, 0);
        run.Near("output.decoded", model.DecodeTokens(quantization.Indices));
        run.Near("output.stage0.reconstruction", reconstruction);
        run.Near("output.stage0.logits_fake", fake);
        run.Near("output.stage1.logits_real", discriminator.Forward(image, training: false));
        run.Near("output.stage1.logits_fake", fake);
        run.Near("output.decode_from_indices", model.DecodeTokens(run.Input("indices")));
        var loss = (reconstruction - image.Detach()).Abs().Mean() + quantization.Loss + VqganLoss.Generator(fake);
        run.Near("grad.image", Autograd.Grad(loss, image));
        var z = latents.Detach().WithGrad();
        var codebook = model.Quantizer.Codebook.WithGrad();
        var gradients = Autograd.Grad(model.Quantize(z).Loss, [z, codebook]);
        run.Near("grad.loss_q.z", gradients[0]);
        run.Near("grad.loss_q.quantizer.embedding.weight", gradients[1]);
    }
}
