using System.Runtime.InteropServices;
using Pagoda.Generation.Provenance;
using Pagoda.Models.Catalogue;
using Pagoda.Torch;

namespace Pagoda.Cli.Doctor;

/// <summary>A file of weights on this machine.</summary>
internal sealed record ModelFacts(string Name, string File, long Bytes);

/// <summary>Free bytes of the disk that holds a folder.</summary>
internal sealed record DiskFacts(string Folder, long Free);

/// <summary>Everything <c>doctor</c> looks at; what it makes of it is in <see cref="Diagnosis"/>.</summary>
internal sealed record DoctorFacts
{
    public required string Pagoda { get; init; }

    public required string DotNet { get; init; }

    public required string System { get; init; }

    public required ProcessorFacts Processor { get; init; }

    public required MemoryFacts Memory { get; init; }

    public required IReadOnlyList<DiskFacts> Disks { get; init; }

    /// <summary><see langword="null"/> when it does not load; then <see cref="EngineProblem"/> says why.</summary>
    public EngineFacts? Engine { get; init; }

    public string? EngineProblem { get; init; }

    /// <summary>The files of libpng, libjpeg and libwebp; <see langword="null"/> when they do not load.</summary>
    public IReadOnlyList<string>? Codecs { get; init; }

    public string? CodecsProblem { get; init; }

    /// <summary>An NVIDIA card is in the machine, whether or not libtorch can use it.</summary>
    public required bool HasNvidiaCard { get; init; }

    public required IReadOnlyList<ModelFacts> Models { get; init; }

    public static DoctorFacts Read()
    {
        var cache = ModelCache.Default();
        var (engine, engineProblem) = Try(EngineFacts.Read);
        var (codecs, codecsProblem) = Try(ReadCodecs);
        return new DoctorFacts
        {
            Pagoda = ProductVersion.Text,
            DotNet = RuntimeInformation.FrameworkDescription,
            System = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}".ToLowerInvariant(),
            Processor = ProcessorFacts.Read(),
            Memory = MemoryFacts.Read(),
            Disks = [.. new[] { Directory.GetCurrentDirectory(), cache.Folder }.Select(ReadDisk).DistinctBy(disk => disk.Folder)],
            Engine = engine,
            EngineProblem = engineProblem,
            Codecs = codecs,
            CodecsProblem = codecsProblem,
            HasNvidiaCard = File.Exists("/dev/nvidiactl") || Directory.Exists("/proc/driver/nvidia"),
            Models = [.. BundledModels(), .. CachedModels(cache)],
        };
    }

    private static (T? Value, string? Problem) Try<T>(Func<T> read)
        where T : class
    {
        try
        {
            return (read(), null);
        }
        catch (Exception exception)
        {
            return (null, (exception.InnerException ?? exception).Message.ReplaceLineEndings(" "));
        }
    }

    private static IReadOnlyList<string> ReadCodecs()
    {
        NativeLibraries.Load("pagoda_codecs");
        var libraries = MappedLibraries.Read();
        return [.. new[] { "libpng", "libjpeg", "libwebp." }.Select(name => libraries.Find(name)).OfType<string>()];
    }

    private static DiskFacts ReadDisk(string folder)
    {
        while (!Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return new DiskFacts(folder, new DriveInfo(folder).AvailableFreeSpace);
    }

    private static IEnumerable<ModelFacts> BundledModels() => ModelFolder.Find() is { } folder
        ? Directory.EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(file => new ModelFacts(Path.ChangeExtension(Path.GetRelativePath(folder, file), null), file, new FileInfo(file).Length))
        : [];

    private static IEnumerable<ModelFacts> CachedModels(ModelCache cache) =>
        from entry in ModelCatalogue.Default.Entries
        let file = cache.Find(entry)
        where file is not null
        select new ModelFacts(entry.Name, file, new FileInfo(file).Length);
}
