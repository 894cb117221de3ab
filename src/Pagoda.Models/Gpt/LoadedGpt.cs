using System.Security.Cryptography;

namespace Pagoda.Models.Gpt;

/// <summary>A transformer ready for use, and where it came from.</summary>
public sealed class LoadedGpt : IDisposable
{
    private readonly IDisposable _source;
    private readonly Lazy<string> _hash;

    internal LoadedGpt(GptModel model, string name, string path, IDisposable source)
    {
        Model = model;
        Name = name;
        Path = path;
        _source = source;
        _hash = new(() =>
        {
            using var stream = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        });
    }

    /// <summary>The model, its parameters frozen.</summary>
    public GptModel Model { get; }

    /// <summary>The name it was asked for by, without folders and extension.</summary>
    public string Name { get; }

    /// <summary>The file its weights came from.</summary>
    public string Path { get; }

    /// <summary>SHA-256 of that file in lower-case hexadecimal, computed when first asked for.</summary>
    public string Hash => _hash.Value;

    /// <summary>Gives the weights' memory back.</summary>
    public void Dispose()
    {
        Model.Free();
        _source.Dispose();
    }
}
