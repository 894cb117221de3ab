using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Pagoda.Models.Clip.Tokenizer;

/// <summary>The forms in which tokenizers of CLIP's kind are published.</summary>
internal static class TokenizerFiles
{
    /// <summary>49152 - 256 - 2: CLIP reads so many of the file's 262,144 merges (openai/CLIP, <c>clip/simple_tokenizer.py</c>).</summary>
    private const int ClipMerges = 48894;

    /// <summary>
    /// Loads a folder (<c>vocab.json</c> and <c>merges.txt</c>, or <c>tokenizer.json</c>), one of these files, or OpenAI's
    /// list of merges, plain or gzip.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is none of these or is damaged.</exception>
    public static ClipTokenizer Load(string path, ClipTokenizerOptions? options)
    {
        if (Directory.Exists(path))
        {
            return FromHuggingFace(path, options);
        }

        if (Path.GetFileName(path) == "merges.txt" && File.Exists(Path.Combine(Path.GetDirectoryName(path) ?? "", "vocab.json")))
        {
            return FromHuggingFace(path, options);
        }

        if (!StartsWithBrace(path))
        {
            return FromVocabulary(path, options);
        }

        return TokenizerJson.IsTokenizerJson(path) ? TokenizerJson.Read(path, options) : FromHuggingFace(path, options);
    }

    /// <summary>Loads a list of merges, one a line after a heading, and lays the vocabulary out as CLIP does.</summary>
    public static ClipTokenizer FromVocabulary(string path, ClipTokenizerOptions? options)
    {
        options ??= ClipTokenizerOptions.Clip;
        var merges = ReadMerges(path, hasHeading: true, ClipMerges);
        var vocabulary = BytePairVocabulary.FromMerges(merges, [options.StartText, options.EndText], path);
        return new ClipTokenizer(vocabulary, options, path);
    }

    /// <summary>Loads <c>vocab.json</c> and <c>merges.txt</c>, named by their folder or by either of them.</summary>
    public static ClipTokenizer FromHuggingFace(string path, ClipTokenizerOptions? options)
    {
        var folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        var vocabularyPath = Path.Combine(folder, "vocab.json");
        var mergesPath = Path.Combine(folder, "merges.txt");
        var json = Path.Combine(folder, "tokenizer.json");
        if (Directory.Exists(path) && !File.Exists(vocabularyPath) && File.Exists(json))
        {
            return TokenizerJson.Read(json, options);
        }

        foreach (var needed in new[] { vocabularyPath, mergesPath })
        {
            if (!File.Exists(needed))
            {
                throw new FileNotFoundException(
                    $"{needed} does not exist; a tokenizer folder has vocab.json and merges.txt, or tokenizer.json.", needed);
            }
        }

        var ids = new Dictionary<string, int>();
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(vocabularyPath));
            TokenizerJson.ReadIds(document.RootElement, ids, vocabularyPath);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{vocabularyPath} is not valid JSON: {exception.Message}", exception);
        }

        var merges = ReadMerges(mergesPath, hasHeading: false, int.MaxValue);
        var vocabulary = new BytePairVocabulary(ids, merges, vocabularyPath);
        return new ClipTokenizer(vocabulary, TokenizerJson.Fit(options, ids), vocabularyPath);
    }

    private static List<string> ReadMerges(string path, bool hasHeading, int limit)
    {
        using var file = File.OpenRead(path);
        var isGzip = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        using Stream stream = isGzip ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
        var merges = new List<string>(Math.Min(limit, ClipMerges));
        for (var number = 1; merges.Count < limit; number++)
        {
            if (ReadLine(reader, path, number) is not { } line)
            {
                return !isGzip || IsComplete(path)
                    ? merges
                    : throw new InvalidDataException($"{path}: the gzip file ends too early, after {number - 1} lines; fetch it again.");
            }

            if (line.Length == 0 || (number == 1 && (hasHeading || line.StartsWith("#version", StringComparison.Ordinal))))
            {
                continue;
            }

            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space <= 0 || space == line.Length - 1 || line.IndexOf(' ', space + 1) >= 0)
            {
                throw new InvalidDataException(
                    $"{path}, line {number}: a merge is two symbols with one space between them, but the line is \"{line[..Math.Min(line.Length, 60)]}\".");
            }

            merges.Add(line);
        }

        return merges;
    }

    private static string? ReadLine(StreamReader reader, string path, int number)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"{path}, near line {number}: the gzip data is damaged; fetch the file again.", exception);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException($"{path}, near line {number}: this is not UTF-8 text, so no list of merges.", exception);
        }
    }

    /// <summary>Whether a gzip file has as many bytes inside as its last four bytes say; .NET takes a cut file as it is.</summary>
    private static bool IsComplete(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> size = stackalloc byte[4];
        file.Seek(-4, SeekOrigin.End);
        file.ReadExactly(size);
        file.Position = 0;
        using var stream = new GZipStream(file, CompressionMode.Decompress);
        var buffer = new byte[1 << 16];
        var length = 0u;
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            length += (uint)read;
        }

        return length == BinaryPrimitives.ReadUInt32LittleEndian(size);
    }

    private static bool StartsWithBrace(string path)
    {
        using var file = File.OpenRead(path);
        int value;
        do
        {
            value = file.ReadByte();
        }
        while (value is ' ' or '\n' or '\r' or '\t');
        return value == '{';
    }
}
