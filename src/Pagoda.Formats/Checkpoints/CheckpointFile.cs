namespace Pagoda.Formats.Checkpoints;

/// <summary>Opens a checkpoint of any kind that Pagoda reads.</summary>
public static class CheckpointFile
{
    /// <summary>
    /// What to take from a folder, best first: the names of open_clip (<c>src/open_clip/factory.py</c>), then those of
    /// transformers.
    /// </summary>
    private static readonly string[] PreferredNames =
    [
        "open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin",
        "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
    ];

    private static readonly string[] Extensions = [".safetensors", ".pt", ".pth", ".ckpt", ".bin"];

    /// <summary>
    /// Opens a safetensors file, an index of several, a PyTorch checkpoint or TorchScript archive, told apart by their
    /// content; or a folder in the layout of open_clip or Hugging Face, or with a single checkpoint in it.
    /// </summary>
    /// <exception cref="CheckpointException">There is nothing, or nothing Pagoda reads, or it is damaged.</exception>
    public static ITensorArchive Open(string path)
    {
        if (Directory.Exists(path))
        {
            path = FindIn(path);
        }

        return Start(path) is [(byte)'{', ..] ? SafetensorsIndex.Open(path) : OpenSingle(path);
    }

    /// <summary>Opens a checkpoint in one file.</summary>
    internal static ITensorArchive OpenSingle(string path) => Start(path) switch
    {
        // A header of safetensors can have any length, and so begin like a pickle; what follows its length tells.
        [(byte)'P', (byte)'K', 3, 4, ..] => TorchArchive.Open(path),
        [_, _, _, _, _, 0, 0, 0, (byte)'{', ..] => SafetensorsFile.Open(path),
        [(byte)'P', (byte)'K', ..] or [(byte)PickleOpcode.Proto, ..] => TorchArchive.Open(path),
        [_, _, _, _, _, 0, 0, 0, ..] => SafetensorsFile.Open(path),
        var start => throw new CheckpointException($"{path}: {Explain(start)}"),
    };

    private static string Explain(byte[] start) => start switch
    {
        [] => "it is empty; its download or its writing was cut off.",
        [(byte)'v', (byte)'e', (byte)'r', (byte)'s', (byte)'i', (byte)'o', (byte)'n', (byte)' ', ..] => "it is a pointer of Git LFS, not the file; fetch the file with git lfs pull.",
        [(byte)'<', ..] => "it is a web page, not a checkpoint; the download gave something else than the file.",
        _ => "it is neither safetensors nor a PyTorch checkpoint nor an index of these.",
    };

    private static string FindIn(string folder)
    {
        var preferred = PreferredNames.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        if (preferred is not null)
        {
            return preferred;
        }

        var others = Directory.GetFiles(folder).Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).ToList();
        return others switch
        {
            [var only] => only,
            [] => throw new CheckpointException($"{folder}: there is no checkpoint in this folder; looked for {string.Join(", ", PreferredNames)} and *{string.Join(", *", Extensions)}."),
            _ => throw new CheckpointException($"{folder}: there are {others.Count} checkpoints in this folder ({string.Join(", ", others.Take(5).Select(Path.GetFileName))}{(others.Count > 5 ? ", ..." : "")}); name one of them."),
        };
    }

    private static byte[] Start(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
            var start = new byte[9];
            return start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: cannot be read ({e.Message})", e);
        }
    }
}
