using System.Globalization;

namespace Pagoda.Cli.Doctor;

/// <summary>The processor as the kernel describes it.</summary>
/// <param name="Name">For example "AMD EPYC 9354".</param>
/// <param name="Cores">Logical processors that this process may use.</param>
/// <param name="Features">Those of <see cref="Interesting"/> that it has.</param>
internal sealed record ProcessorFacts(string Name, int Cores, IReadOnlyList<string> Features)
{
    /// <summary>The features that decide which kernels libtorch and its BLAS use, as /proc/cpuinfo spells them.</summary>
    public static IReadOnlyList<string> Interesting { get; } = ["avx2", "avx512f", "avx512_bf16", "amx_bf16"];

    public static ProcessorFacts Read()
    {
        const string file = "/proc/cpuinfo";
        return Parse(File.Exists(file) ? File.ReadAllText(file) : "", Environment.ProcessorCount);
    }

    internal static ProcessorFacts Parse(string cpuinfo, int cores)
    {
        var flags = Field(cpuinfo, "flags")?.Split(' ').ToHashSet() ?? [];
        return new ProcessorFacts(Field(cpuinfo, "model name") ?? "unknown", cores, [.. Interesting.Where(flags.Contains)]);
    }

    private static string? Field(string cpuinfo, string name) => cpuinfo
        .Split('\n')
        .Select(line => line.Split(':', 2))
        .FirstOrDefault(parts => parts.Length == 2 && parts[0].Trim() == name)?[1].Trim();
}

/// <summary>Memory in bytes; a container's limit counts when it is lower than the machine's.</summary>
/// <param name="Total">All of it.</param>
/// <param name="Available">What can be had without swapping.</param>
internal sealed record MemoryFacts(long Total, long Available)
{
    public static MemoryFacts Read()
    {
        const string file = "/proc/meminfo";
        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return File.Exists(file) ? Parse(File.ReadAllText(file), limit) : new MemoryFacts(limit, limit);
    }

    internal static MemoryFacts Parse(string meminfo, long limit)
    {
        var total = Kilobytes(meminfo, "MemTotal:") ?? limit;
        var available = Kilobytes(meminfo, "MemAvailable:") ?? total;
        return new MemoryFacts(Math.Min(total, limit), Math.Min(available, limit));
    }

    private static long? Kilobytes(string meminfo, string name) =>
        meminfo.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
            ? long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024
            : null;
}
