using System.Security.Cryptography;
using System.Text.Json;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>A CLIP model ready for use, with its tokenizer and where it came from.</summary>
public sealed class LoadedClip : IDisposable
{
    private readonly IDisposable _source;
    private readonly Lazy<string> _hash;

    internal LoadedClip(ClipModel model, ClipTokenizer tokenizer, string name, string path, IDisposable source)
    {
        Model = model;
        Tokenizer = tokenizer;
        Name = name;
        Path = path;
        _source = source;
        _hash = new(() => HashOf(path));
    }

    /// <summary>The model, its parameters frozen.</summary>
    public ClipModel Model { get; }

    /// <summary>Turns texts into the rows that <see cref="ClipModel.EncodeText"/> takes.</summary>
    public ClipTokenizer Tokenizer { get; }

    /// <summary>The name it was asked for by, without folders and extension.</summary>
    public string Name { get; }

    /// <summary>The file its weights came from.</summary>
    public string Path { get; }

    /// <summary>SHA-256 of that file in lower-case hexadecimal, computed when first asked for; of an index, that of its files' hashes.</summary>
    public string Hash => _hash.Value;

    /// <summary>The first 12 digits of <see cref="Hash"/>: what people are shown.</summary>
    public string ShortHash => Hash[..12];

    /// <summary>The embeddings of texts: <c>[N, embed]</c> of length 1, on the model's device.</summary>
    public Tensor EncodeText(params IReadOnlyList<string> texts)
    {
        using var scope = new TensorScope();
        var length = Model.Config.Text.ContextLength;
        var rows = Tensor.From(Tokenizer.Tokenize(texts, length), texts.Count, length);
        return scope.Keep(Model.EncodeText(rows.To(device: Model.Device)));
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
        return Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(hashes)));
    }
}
