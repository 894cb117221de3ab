using Pagoda.Generation.Diffusion;
using Pagoda.Generation.Latents;

namespace Pagoda.Generation.Provenance;

/// <summary>What a painting with a VQGAN's codes was made with.</summary>
/// <param name="Options">How.</param>
/// <param name="Vqgan">The VQGAN.</param>
public sealed record LatentRecord(LatentOptions Options, NetworkRecord Vqgan);

/// <summary>What a steered diffusion was made with.</summary>
/// <param name="Options">How.</param>
/// <param name="Network">The denoising network.</param>
public sealed record DiffusionRecord(DiffusionOptions Options, NetworkRecord Network);
