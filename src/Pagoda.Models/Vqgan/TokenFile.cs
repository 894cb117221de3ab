using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Models.Vqgan;

/// <summary>
/// Pictures as tokens in a safetensors file: <c>tokens</c> <c>[N, h, w]</c> of int32, and strings that say to which
/// codebook they belong and what the pictures were called; with <c>embeddings</c> <c>[N, C]</c> of float32, the pictures' CLIP
/// embeddings, where they are there to train a transformer (docs/clip-gen.md has the format).
/// </summary>
public sealed class TokenFile
{
    private const string Format = "pagoda-vqgan-tokens", Version = "1", Name = "tokens", EmbeddingsName = "embeddings";

    /// <summary>Makes tokens to be written.</summary>
    /// <param name="tokens">Row by row, picture after picture.</param>
    /// <param name="height">Tokens in a column.</param>
    /// <param name="width">Tokens in a row.</param>
    /// <param name="names">A name for each picture.</param>
    /// <param name="codebookHash"><see cref="LoadedVqgan.CodebookHash"/>.</param>
    /// <param name="codebookSize">Vectors in the codebook.</param>
    /// <param name="factor">Pixels to a token's side.</param>
    /// <exception cref="ArgumentException">The counts do not fit together.</exception>
    public TokenFile(int[] tokens, int height, int width, IReadOnlyList<string> names, string codebookHash, int codebookSize, int factor)
    {
        if (height < 1 || width < 1 || (long)names.Count * height * width != tokens.Length)
        {
            throw new ArgumentException($"{tokens.Length} tokens do not make {names.Count} grids of {height} x {width}.", nameof(tokens));
        }

        (Tokens, Height, Width, Names, CodebookHash, CodebookSize, Factor) = (tokens, height, width, names, codebookHash, codebookSize, factor);
    }

    /// <summary>All tokens, row by row, picture after picture.</summary>
    public IReadOnlyList<int> Tokens { get; }

    /// <summary>Tokens in a column.</summary>
    public int Height { get; }

    /// <summary>Tokens in a row.</summary>
    public int Width { get; }

    /// <summary>The pictures' names, without folders.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>SHA-256 of the codebook that the tokens are numbers in.</summary>
    public string CodebookHash { get; }

    /// <summary>Vectors in that codebook.</summary>
    public int CodebookSize { get; }

    /// <summary>Pixels to a token's side.</summary>
    public int Factor { get; }

    /// <summary>The pictures' CLIP embeddings of length 1, <c>[N, C]</c> row by row; empty where the file has none.</summary>
    public IReadOnlyList<float> Embeddings { get; init; } = [];

    /// <summary>SHA-256 of the file of the CLIP that made <see cref="Embeddings"/>; empty without any.</summary>
    public string Clip { get; init; } = "";

    /// <summary>Reads a file.</summary>
    /// <exception cref="CheckpointException">It is no safetensors file, or damaged.</exception>
    /// <exception cref="InvalidDataException">It holds no tokens, or tokens that its codebook does not have.</exception>
    public static TokenFile Read(string path)
    {
        using var archive = CheckpointFile.Open(path);
        var facts = archive.Metadata;
        if (facts.GetValueOrDefault("format") != Format || !archive.Entries.TryGetValue(Name, out var entry) || entry.Shape.Length != 3 || entry.Type != ScalarType.Int32)
        {
            throw new InvalidDataException($"{path} is no file of tokens; ./run vqgan encode writes such files.");
        }

        if (facts.GetValueOrDefault("version") != Version)
        {
            throw new InvalidDataException($"{path} is of version {facts.GetValueOrDefault("version")} of the format of tokens; this program reads version {Version}.");
        }

        var names = ReadNames(path, facts.GetValueOrDefault("names"));
        var size = Number(path, facts, "codebook_size");
        var tokens = MemoryMarshal.Cast<byte, int>(archive.ReadBytes(Name)).ToArray();
        if (names.Count != entry.Shape[0] || tokens.Length == 0)
        {
            throw new InvalidDataException($"{path} has {names.Count} names for {entry.Shape[0]} pictures: it is damaged.");
        }

        var wrong = Array.Find(tokens, token => token < 0 || token >= size);
        return wrong != 0 && (wrong < 0 || wrong >= size)
            ? throw new InvalidDataException($"{path} has the token {wrong}, but its codebook has only {size}: it is damaged.")
            : new TokenFile(tokens, (int)entry.Shape[1], (int)entry.Shape[2], names, facts.GetValueOrDefault("codebook_sha256") ?? "", size, Number(path, facts, "factor"))
            {
                Embeddings = ReadEmbeddings(path, archive, entry.Shape[0]),
                Clip = facts.GetValueOrDefault("clip") ?? "",
            };
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="overwrite">Whether a file that is there may be replaced.</param>
    /// <exception cref="IOException">The file exists and may not be replaced, or the disk refuses.</exception>
    public void Write(string path, bool overwrite)
    {
        var facts = new Dictionary<string, string>
        {
            ["format"] = Format,
            ["version"] = Version,
            ["codebook_sha256"] = CodebookHash,
            ["codebook_size"] = CodebookSize.ToString(CultureInfo.InvariantCulture),
            ["factor"] = Factor.ToString(CultureInfo.InvariantCulture),
            ["names"] = JsonSerializer.Serialize(Names),
        };
        if (Clip.Length > 0)
        {
            facts["clip"] = Clip;
        }

        var bytes = MemoryMarshal.AsBytes(((int[])Tokens).AsSpan()).ToArray();
        List<TensorToWrite> tensors = [new TensorToWrite(Name, ScalarType.Int32, [Names.Count, Height, Width], bytes)];
        if (Embeddings.Count > 0)
        {
            var floats = MemoryMarshal.AsBytes(((float[])Embeddings).AsSpan()).ToArray();
            tensors.Add(new TensorToWrite(EmbeddingsName, ScalarType.Float32, [Names.Count, Embeddings.Count / Names.Count], floats));
        }

        SafetensorsWriter.Write(path, tensors, facts, overwrite);
    }

    /// <summary>Refuses tokens that are numbers in another codebook than a model's.</summary>
    /// <param name="path">What messages call the file.</param>
    /// <param name="model">The model that shall decode them.</param>
    /// <exception cref="InvalidDataException">They are not the model's.</exception>
    public void ThrowIfNotOf(string path, LoadedVqgan model)
    {
        var config = model.Model.Config;
        if (CodebookSize != config.CodebookSize)
        {
            throw new InvalidDataException($"{path} has tokens of a codebook of {CodebookSize}, the model {model.Name} has {config.CodebookSize}: decode them with the model that encoded them.");
        }

        if (CodebookHash != model.CodebookHash)
        {
            throw new InvalidDataException($"{path} has tokens of another model than {model.Name}: their codebook is {Short(CodebookHash)}, the model's {Short(model.CodebookHash)}.");
        }
    }

    private static float[] ReadEmbeddings(string path, ITensorArchive archive, long count) =>
        !archive.Entries.TryGetValue(EmbeddingsName, out var entry) ? []
        : entry.Type == ScalarType.Float32 && entry.Shape.Length == 2 && entry.Shape[0] == count ? archive.ReadFloats(EmbeddingsName)
        : throw new InvalidDataException($"{path}: its embeddings are {entry.Type} [{string.Join(", ", entry.Shape)}], not float32 [{count}, C]: it is damaged.");

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;

    private static int Number(string path, IReadOnlyDictionary<string, string> facts, string name) =>
        int.TryParse(facts.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new InvalidDataException($"{path}: its {name} is '{facts.GetValueOrDefault(name)}', not a whole number above 0.");

    private static List<string> ReadNames(string path, string? json)
    {
        try
        {
            return JsonSerializer.Deserialize<List<string>>(json ?? "[]") ?? [];
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException($"{path}: its names are no list of strings: {problem.Message}", problem);
        }
    }
}
