using System.Security.Cryptography;
using System.Text;
using Pagoda.Data.Shards;
using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Captioner;
using Pagoda.Models.Catalogue;
using Pagoda.Models.Diffusion;
using Pagoda.Models.Gpt;
using Pagoda.Models.Vqgan;

namespace Pagoda.Training.Records;

/// <summary>A file that a run began with or made.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Sha256">SHA-256 of its bytes in lower-case hexadecimal.</param>
public sealed record FileFact(string Path, string Sha256)
{
    /// <summary>Reads a file and takes its hash.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static FileFact Of(string path)
    {
        using var stream = File.OpenRead(path);
        return new FileFact(path, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }

    /// <summary>The files of the weights that <c>model.from</c> names; none for new weights.</summary>
    internal static IReadOnlyList<FileFact> OfStart(TrainingOptions options)
    {
        var from = options.Model.From;
        if (from.Length == 0)
        {
            return [];
        }

        if (System.IO.Path.GetFileName(from) == TrainingCheckpoint.FileName && File.Exists(from))
        {
            return [Of(from)];
        }

        var (kind, file) = options.Method switch
        {
            TrainingMethod.Vqgan => ("vqgan", VqganLoader.FileName),
            TrainingMethod.Gpt => ("gpt", GptSaver.FileName),
            TrainingMethod.Diffusion => ("diffusion", DiffusionLoader.FileName),
            TrainingMethod.Captioner => ("captioner", CaptionerLoader.FileName),
            _ => ("clip", ""),
        };
        var location = ModelLocation.Find(from, kind).Path;
        var own = System.IO.Path.Combine(location, file);
        using var archive = CheckpointFile.Open(File.Exists(own) ? own : location);
        return archive.Path.EndsWith(".json", StringComparison.Ordinal)
            ? [Of(archive.Path), .. Directory.EnumerateFiles(System.IO.Path.GetDirectoryName(archive.Path)!, "*.safetensors").Order(StringComparer.Ordinal).Select(Of)]
            : [Of(archive.Path)];
    }
}

/// <summary>What a run is trained on, as it lay there when the run began.</summary>
/// <param name="Description">What it is.</param>
/// <param name="Files">How many files.</param>
/// <param name="Bytes">Their sizes' sum.</param>
/// <param name="Sha256">SHA-256 of their listing: for each file, in the order of names, its name, a tab, its size and a line end. The contents are not read.</param>
public sealed record DataFact(string Description, long Files, long Bytes, string Sha256)
{
    internal static DataFact Of(TrainingData data)
    {
        var listed = data.Files.Where(File.Exists)
            .Select(file => (Name: Path.GetFileName(file), Size: new FileInfo(file).Length))
            .OrderBy(file => file.Name, StringComparer.Ordinal).ThenBy(file => file.Size).ToList();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, size) in listed)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{name}\t{size}\n")));
        }

        return new DataFact(data.Description, listed.Count, listed.Sum(file => file.Size), Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
