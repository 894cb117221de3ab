using System.Security.Cryptography;
using Pagoda.Torch;

namespace Pagoda.Models.Vqgan;

/// <summary>A VQGAN ready for use, and where it came from.</summary>
public sealed class LoadedVqgan : LoadedModel
{
    private readonly Lazy<string> _codebookHash;

    internal LoadedVqgan(VqganModel model, string name, string path, IDisposable source)
        : base(name, path, source)
    {
        Model = model;
        _codebookHash = new(() => CodebookHashOf(model));
    }

    /// <summary>The model, its parameters frozen.</summary>
    public VqganModel Model { get; }

    /// <summary>
    /// SHA-256 in lower-case hexadecimal of the codebook in float32, row by row: tokens belong to a codebook, whichever file
    /// it lies in.
    /// </summary>
    public string CodebookHash => _codebookHash.Value;

    /// <summary><see cref="CodebookHash"/> of a model that did not come from a file.</summary>
    public static string CodebookHashOf(VqganModel model)
    {
        using var scope = new TensorScope();
        return Convert.ToHexStringLower(SHA256.HashData(model.Quantizer.Codebook.Detach().To(ScalarType.Float32).ToBytes()));
    }

    private protected override void Free() => Free(Model.Weights);
}
