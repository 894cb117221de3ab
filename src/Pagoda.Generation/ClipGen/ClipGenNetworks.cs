using Pagoda.Models.Gpt;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Generation.ClipGen;

/// <summary>CLIP-GEN's networks beside CLIP.</summary>
public sealed class ClipGenNetworks : IDisposable
{
    private ClipGenNetworks(LoadedGpt gpt, LoadedVqgan vqgan, string? modalityFile)
    {
        (Gpt, Vqgan, ModalityFile) = (gpt, vqgan, modalityFile);
        Modality = modalityFile is null ? null : ModalityShift.Load(modalityFile);
    }

    /// <summary>The transformer.</summary>
    public LoadedGpt Gpt { get; }

    /// <summary>The VQGAN whose tokens it draws.</summary>
    public LoadedVqgan Vqgan { get; }

    /// <summary>Where the CLIP's embeddings of pictures and texts lie, if it was measured.</summary>
    public ModalityShift? Modality { get; }

    /// <summary>The file that says so, beside the transformer.</summary>
    public string? ModalityFile { get; }

    /// <summary>Loads them.</summary>
    /// <param name="gpt">The transformer, as <see cref="GptLoader.Load"/> takes it.</param>
    /// <param name="vqgan">The VQGAN, as <see cref="VqganLoader.Load"/> takes it.</param>
    /// <param name="device">Where they shall live.</param>
    /// <inheritdoc cref="GptLoader.Load" path="/exception"/>
    public static ClipGenNetworks Load(string gpt, string vqgan, Device device)
    {
        var transformer = GptLoader.Load(gpt, device);
        LoadedVqgan? decoder = null;
        try
        {
            decoder = VqganLoader.Load(vqgan, device);
            var modality = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(transformer.Path))!, ModalityShift.FileName);
            return new ClipGenNetworks(transformer, decoder, File.Exists(modality) ? modality : null);
        }
        catch
        {
            transformer.Dispose();
            decoder?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Gpt.Dispose();
        Vqgan.Dispose();
    }
}
