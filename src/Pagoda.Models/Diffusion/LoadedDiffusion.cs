using Pagoda.Torch;

namespace Pagoda.Models.Diffusion;

/// <summary>A denoising network ready for use, and where it came from.</summary>
public sealed class LoadedDiffusion : LoadedModel
{
    internal LoadedDiffusion(DiffusionUNet model, string name, string path, IDisposable source)
        : base(name, path, source) => Model = model;

    /// <summary>The network, its parameters frozen.</summary>
    public DiffusionUNet Model { get; }

    private protected override void Free() => Free(Model.Weights);
}
