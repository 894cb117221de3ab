using Pagoda.Torch;

namespace Pagoda.Models.Vqgan;

/// <summary>What a quantiser gives back.</summary>
/// <param name="Quantized">The nearest codebook vectors <c>[N, D, h, w]</c>; their gradient goes straight through to the latents.</param>
/// <param name="Indices">Their numbers, <c>[N, h, w]</c> of int64.</param>
/// <param name="Loss">The codebook's loss, a scalar in float32.</param>
public sealed record Quantization(Tensor Quantized, Tensor Indices, Tensor Loss);

/// <summary>
/// Replaces latent vectors by the nearest ones of a codebook (arXiv 1711.00937, section 3; CompVis/taming-transformers:
/// taming/modules/vqvae/quantize.py, VectorQuantizer2).
/// </summary>
public sealed class VectorQuantizer
{
    /// <summary>Distances held at a time: 64 MB in float32.</summary>
    private const long DistancesAtOnce = 1 << 24;
    private readonly double _beta;
    private readonly bool _legacy;
    private readonly Tensor? _choice;
    private readonly Tensor? _choiceBias;

    /// <summary>Builds the quantiser.</summary>
    /// <param name="weights">Its subtree, <c>quantize</c>, with <c>embedding.weight</c> <c>[K, D]</c>; drawn uniformly within ±1/K.</param>
    /// <param name="config">The model's shape.</param>
    public VectorQuantizer(Weights weights, VqganConfig config)
    {
        Codebook = weights[config.Gumbel ? "embed" : "embedding"].Parameter("weight", [config.CodebookSize, config.CodebookWidth], Initializer.Uniform(1.0 / config.CodebookSize));
        _beta = config.CommitmentWeight;
        _legacy = config.LegacyCommitment;
        if (config.Gumbel)
        {
            _choice = weights["proj"].Parameter("weight", [config.CodebookSize, config.CodebookWidth, 1, 1], Initializer.FanIn);
            _choiceBias = weights["proj"].Parameter("bias", [config.CodebookSize], Initializer.Zeros);
        }
    }

    /// <summary>The vectors, <c>[K, D]</c>.</summary>
    public Tensor Codebook { get; }

    /// <summary>Quantises latents <c>[N, D, h, w]</c>.</summary>
    /// <remarks>
    /// The loss is mean((sg(q) - z)²) + β·mean((q - sg(z))²) as taming-transformers has it by default, or with β on the
    /// first term; sg stops gradients.
    /// </remarks>
    public Quantization Quantize(Tensor latents)
    {
        // Rounded distances would choose other codes, and a rounded loss would not fall.
        using var exact = new Autocast(latents.Device, enabled: false);
        var z = latents.Type == ScalarType.Float32 ? latents : latents.To(ScalarType.Float32);
        var indices = Nearest(z);
        var vectors = Lookup(indices).To(ScalarType.Float32);
        var commitment = vectors.Detach().MseLoss(z);
        var codebook = vectors.MseLoss(z.Detach());
        var loss = _legacy ? commitment + (codebook * _beta) : (commitment * _beta) + codebook;
        return new Quantization(z + (vectors - z).Detach(), indices, loss);
    }

    /// <summary>The numbers <c>[N, h, w]</c> of the codes nearest to latents <c>[N, D, h, w]</c>, by Euclidean distance in float32.</summary>
    public Tensor Nearest(Tensor latents) => _choice is null
        ? NearestCodes(latents)
        : Nearest(latents, _choice.Flatten(1), -_choiceBias!, -1);

    /// <summary>The numbers <c>[N, h, w]</c> of the codes nearest to vectors <c>[N, D, h, w]</c> that are no encoder's, but lie among the codes.</summary>
    public Tensor NearestCodes(Tensor vectors)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        // Of |z - e|² = |z|² + |e|² - 2 z·e the first term is the same for all codes: one matrix product says which is nearest.
        return scope.Keep(Nearest(vectors, Codebook, Codebook.To(ScalarType.Float32).Square().Sum([1]), -2));
    }

    private static Tensor Nearest(Tensor latents, Tensor codes, Tensor bias, double factor)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        using var exact = new Autocast(latents.Device, enabled: false);
        long n = latents.Size(0), h = latents.Size(2), w = latents.Size(3);
        var matrix = codes.To(ScalarType.Float32);
        var added = bias.To(ScalarType.Float32);
        var rows = latents.Permute([0, 2, 3, 1]).Reshape([n * h * w, matrix.Size(1)]).To(ScalarType.Float32);
        var step = Math.Max(1, DistancesAtOnce / matrix.Size(0));
        var nearest = new List<Tensor>();
        for (long first = 0; first < rows.Size(0); first += step)
        {
            using var part = new TensorScope();
            var some = rows.Narrow(0, first, Math.Min(step, rows.Size(0) - first));
            nearest.Add(part.Keep(added.Addmm(some, matrix.T(), 1, factor).Argmin(1)));
        }

        return scope.Keep((nearest.Count == 1 ? nearest[0] : Ops.Cat([.. nearest], 0)).View([n, h, w]));
    }

    /// <summary>The vectors <c>[N, D, h, w]</c> of code numbers <c>[N, h, w]</c> of int64, each below K.</summary>
    public Tensor Lookup(Tensor indices) => Codebook.Embedding(indices).Permute([0, 3, 1, 2]);
}
