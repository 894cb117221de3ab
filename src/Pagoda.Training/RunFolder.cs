using System.Globalization;
using Pagoda.Formats.Checkpoints;

namespace Pagoda.Training;

/// <summary>
/// A run's folder, written by one process: <c>checkpoint.safetensors</c> to go on from, older ones in <c>checkpoints/</c>,
/// <c>training.yaml</c> with the options, the run's records, and the model's files.
/// </summary>
internal sealed class RunFolder : IDisposable
{
    private const string OptionsFile = "training.yaml";

    /// <summary>What may change between one part of a run and the next without a word.</summary>
    private static readonly string[] FreeKeys =
        ["log_every", "save_every", "keep", "device", "data.workers", "data.broken_limit", "memory.text_cache", "memory.overcommit"];

    private readonly FileStream? _lock;

    /// <summary>Takes the folder, which is made when missing.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="writes">Whether this process writes there; the other ranks of a run only read.</param>
    /// <exception cref="TrainingException">Another process trains there.</exception>
    public RunFolder(string path, bool writes = true)
    {
        Path = path;
        if (!writes)
        {
            return;
        }

        Directory.CreateDirectory(path);
        try
        {
            _lock = new FileStream(System.IO.Path.Combine(path, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException error)
        {
            throw new TrainingException($"Another process trains in {path}; wait for it, or name another folder with --out.", error);
        }

        // What a killed process had begun to write, or had written and not yet put in place.
        foreach (var part in Directory.EnumerateFiles(path, ".*.safetensors.*.tmp", SearchOption.AllDirectories))
        {
            File.Delete(part);
        }

        PutInPlace();
    }

    public string Path { get; }

    public string Checkpoint => In(TrainingCheckpoint.FileName);

    private string Next => In("checkpoint.next.safetensors");

    private string Older => In("checkpoints");

    /// <summary>Lets the newest checkpoint be written; what was the newest stays as one of <paramref name="keep"/>.</summary>
    public void WriteCheckpoint(Action<string> write, int keep)
    {
        write(Next);
        PutInPlace();
        foreach (var (_, path) in OlderCheckpoints().SkipLast(keep - 1).ToList())
        {
            File.Delete(path);
        }
    }

    /// <summary>
    /// Makes an earlier checkpoint the newest one: the last of at most <paramref name="step"/> steps, or the oldest there is. Later
    /// ones are deleted.
    /// </summary>
    /// <returns>Whether there is any.</returns>
    public bool GoBackTo(long step)
    {
        if (!File.Exists(Checkpoint))
        {
            return false;
        }

        var all = OlderCheckpoints().Append((StepOf(Checkpoint), Checkpoint)).ToList();
        var good = all.Where(one => one.Item1 <= step).DefaultIfEmpty(all[0]).Last();
        foreach (var (later, path) in all)
        {
            if (later > good.Item1 && path != Checkpoint)
            {
                File.Delete(path);
            }
        }

        if (good.Item2 != Checkpoint)
        {
            File.Move(good.Item2, Checkpoint, overwrite: true);
        }

        return true;
    }

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
            .Where(difference => !FreeKeys.Contains(difference.Key) && !difference.Key.StartsWith("watch.", StringComparison.Ordinal)).ToList();
        if (differences.Count > 0 && !force)
        {
            var list = string.Join(", ", differences.Select(d => $"{d.Key} {Shown(d.Before)} (now {Shown(d.Now)})"));
            throw new TrainingException($"The run in {Path} was begun with {list}; name another folder with --out, or go on with the new options with --force.");
        }

        return differences.Select(difference => difference.Key).ToHashSet();
    }

    /// <summary>Writes the options where people look.</summary>
    public void WriteOptions(TrainingOptions options) => Pagoda.Formats.AtomicFile.Write(
        In(OptionsFile), overwrite: true, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(TrainingConfigFile.Write(options))));

    public void Dispose() => _lock?.Dispose();

    /// <summary>Every state that a kill can leave here is taken up again by the next start: the next one is whole once it has its name.</summary>
    private void PutInPlace()
    {
        if (!File.Exists(Next))
        {
            return;
        }

        if (File.Exists(Checkpoint))
        {
            Directory.CreateDirectory(Older);
            File.Move(Checkpoint, System.IO.Path.Combine(Older, string.Create(CultureInfo.InvariantCulture, $"step-{StepOf(Checkpoint):00000000}.safetensors")), overwrite: true);
        }

        File.Move(Next, Checkpoint);
    }

    private IEnumerable<(long Step, string Path)> OlderCheckpoints() => Directory.Exists(Older)
        ? Directory.GetFiles(Older, "step-*.safetensors").Order(StringComparer.Ordinal).Select(path => (StepOf(path), path))
        : [];

    private static long StepOf(string path)
    {
        using var archive = SafetensorsFile.Open(path);
        return TrainingCheckpoint.Number(archive, "step");
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);

    private static string Shown(string value) => value.Length == 0 ? "unset" : value;
}
