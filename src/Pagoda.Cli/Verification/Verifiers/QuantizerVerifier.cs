using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>Vector quantisers with the commitment weight in either place, and the class's first version, which also reports perplexity.</summary>
internal sealed class QuantizerVerifier : IFixtureVerifier
{
    /// <summary>What the fixture adds to the loss, times a ramp over the quantised map, so that the straight-through gradient shows.</summary>
    private const double Probe = 0.01;

    public bool Recognises(Fixture fixture) => fixture.ComesFrom("VectorQuantizer") && fixture.Lists("output.legacy.z_q");

    public void Verify(FixtureRun run)
    {
        foreach (var (form, legacy) in new[] { ("legacy", true), ("fixed", false), ("first_version", true) })
        {
            var config = new VqganConfig
            {
                CodebookSize = run.Fixture.Int("n_embed"),
                CodebookWidth = run.Fixture.Int("embed_dim"),
                CommitmentWeight = run.Fixture.Number("beta"),
                LegacyCommitment = legacy,
            };
            var weights = Weights.Load(run.Weights(), Device.Cpu);
            var quantizer = new VectorQuantizer(weights, config);
            weights.ThrowIfUnexpected();
            var z = run.Input("z").WithGrad();
            var codebook = quantizer.Codebook.WithGrad();
            var quantization = quantizer.Quantize(z);
            run.Near($"output.{form}.z_q", quantization.Quantized);
            run.Near($"output.{form}.loss", quantization.Loss);
            run.Within($"output.{form}.indices", quantization.Indices, 0);
            var ramp = Ops.Linspace(-1, 1, quantization.Quantized.Elements).View(quantization.Quantized.Shape);
            var gradients = Autograd.Grad(quantization.Loss + (Probe * (quantization.Quantized * ramp).Sum()), [z, codebook]);
            run.Near($"grad.{form}.z", gradients[0]);
            run.Near($"grad.{form}.embedding.weight", gradients[1]);
            var usage = new CodebookUsage(config.CodebookSize);
            usage.Add(quantization.Indices.ToArray<long>());
            run.Near($"output.{form}.perplexity", Tensor.FromScalar(usage.Perplexity));
        }
    }
}
