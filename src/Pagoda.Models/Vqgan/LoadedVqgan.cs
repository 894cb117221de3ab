using System.Security.Cryptography;
using Pagoda.Torch;

namespace Pagoda.Models.Vqgan;

/// <summary>A VQGAN ready for use, and where it came from.</summary>
public sealed class LoadedVqgan : IDisposable
{
    private readonly IDisposable _source;
    private readonly Lazy<string> _hash;

    internal LoadedVqgan(VqganModel model, string name, string path, IDisposable source)
    {
        Model = model;
        Name = name;
        Path = path;
        _source = source;
        _hash = new(() => HashOf(model));
    }

    /// <summary>The model, its parameters frozen.</summary>
    public VqganModel Model { get; }

    /// <summary>The name it was asked for by, without folders and extension.</summary>
    public string Name { get; }

    /// <summary>The file its weights came from.</summary>
    public string Path { get; }

    /// <summary>
    /// SHA-256 in lower-case hexadecimal of the codebook in float32, row by row: tokens belong to a codebook, whichever file
    /// it lies in.
    /// </summary>
    public string CodebookHash => _hash.Value;

    /// <summary><see cref="CodebookHash"/> of a model that did not come from a file.</summary>
    public static string HashOf(VqganModel model)
    {
        using var scope = new TensorScope();
        return Convert.ToHexStringLower(SHA256.HashData(model.Quantizer.Codebook.Detach().To(ScalarType.Float32).ToBytes()));
    }

    /// <summary>Gives the weights' memory back.</summary>
    public void Dispose()
    {
        foreach (var tensor in Model.Weights.StateDict.Values)
        {
            tensor.Dispose();
        }

        _source.Dispose();
    }
}
