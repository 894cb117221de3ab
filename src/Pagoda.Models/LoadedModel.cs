using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Pagoda.Torch;

namespace Pagoda.Models;

/// <summary>A network ready for use, and where it came from.</summary>
public abstract class LoadedModel : IDisposable
{
    private readonly IDisposable _source;
    private readonly Lazy<string> _hash;

    private protected LoadedModel(string name, string path, IDisposable source)
    {
        (Name, Path, _source) = (name, path, source);
        _hash = new(() => HashOf(path));
    }

    /// <summary>The name it was asked for by, without folders and extension.</summary>
    public string Name { get; }

    /// <summary>The file its weights came from.</summary>
    public string Path { get; }

    /// <summary>SHA-256 of that file in lower-case hexadecimal, computed when first asked for; of an index, that of its files' hashes.</summary>
    public string Hash => _hash.Value;

    /// <summary>The first 12 digits of <see cref="Hash"/>: what people are shown.</summary>
    public string ShortHash => Hash[..12];

    /// <summary>Gives the weights' memory back.</summary>
    public void Dispose()
    {
        Free();
        _source.Dispose();
    }

    private protected abstract void Free();

    private protected static void Free(Weights weights)
    {
        foreach (var tensor in weights.StateDict.Values)
        {
            tensor.Dispose();
        }
    }

    private static string HashOf(string path)
    {
        if (System.IO.Path.GetExtension(path) != ".json")
        {
            using var stream = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }

        using var index = JsonDocument.Parse(File.ReadAllBytes(path));
        var folder = System.IO.Path.GetDirectoryName(path)!;
        var files = index.RootElement.GetProperty("weight_map").EnumerateObject().Select(entry => entry.Value.GetString()!).Distinct().Order(StringComparer.Ordinal);
        var hashes = string.Concat(files.Select(file => HashOf(System.IO.Path.Combine(folder, file))));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(hashes)));
    }
}
