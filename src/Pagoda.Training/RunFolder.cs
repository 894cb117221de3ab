using Pagoda.Formats.Checkpoints;

namespace Pagoda.Training;

/// <summary>
/// A run's folder, held by one process: <c>checkpoint.safetensors</c> to go on from, <c>training.yaml</c> with the options,
/// <c>log.jsonl</c>, and the model's files.
/// </summary>
internal sealed class RunFolder : IDisposable
{
    private const string OptionsFile = "training.yaml";

    /// <summary>What may change between one part of a run and the next without a word.</summary>
    private static readonly string[] FreeKeys = ["log_every", "save_every", "device"];

    private readonly FileStream _lock;

    /// <summary>Takes the folder, which is made when missing.</summary>
    /// <exception cref="TrainingException">Another process trains there.</exception>
    public RunFolder(string path)
    {
        Path = path;
        Directory.CreateDirectory(path);
        try
        {
            _lock = new FileStream(System.IO.Path.Combine(path, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException error)
        {
            throw new TrainingException($"Another process trains in {path}; wait for it, or name another folder with --out.", error);
        }

        // What a killed process had begun to write.
        foreach (var part in Directory.EnumerateFiles(path, ".*.safetensors.*.tmp"))
        {
            File.Delete(part);
        }
    }

    public string Path { get; }

    public string Checkpoint => System.IO.Path.Combine(Path, TrainingCheckpoint.FileName);

    /// <summary>The keys in which a run begun here differs from <paramref name="options"/>; none for a new run.</summary>
    /// <exception cref="TrainingException">There are some, and <paramref name="force"/> is false.</exception>
    public IReadOnlySet<string> ChangedOptions(TrainingOptions options, bool force)
    {
        if (!File.Exists(Checkpoint))
        {
            return new HashSet<string>();
        }

        using var archive = SafetensorsFile.Open(Checkpoint);
        var differences = TrainingConfigFile.Differences(archive.Metadata.GetValueOrDefault("options", ""), options)
            .Where(difference => !FreeKeys.Contains(difference.Key)).ToList();
        if (differences.Count > 0 && !force)
        {
            var list = string.Join(", ", differences.Select(d => $"{d.Key} {Shown(d.Before)} (now {Shown(d.Now)})"));
            throw new TrainingException($"The run in {Path} was begun with {list}; name another folder with --out, or go on with the new options with --force.");
        }

        return differences.Select(difference => difference.Key).ToHashSet();
    }

    /// <summary>Writes the options where people look.</summary>
    public void WriteOptions(TrainingOptions options) =>
        Pagoda.Formats.AtomicFile.Write(
            System.IO.Path.Combine(Path, OptionsFile), overwrite: true, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(TrainingConfigFile.Write(options))));

    public void Dispose() => _lock.Dispose();

    private static string Shown(string value) => value.Length == 0 ? "unset" : value;
}
