using System.Runtime.Intrinsics.X86;

namespace Pagoda.Torch;

/// <summary>What this processor can do that libtorch, its BLAS and its OpenMP do not find out by themselves.</summary>
internal static class Processor
{
    private static readonly HashSet<string> Flags = [.. Line("flags").Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    public static bool HasBFloat16Instructions { get; } = Flags.Contains("avx512_bf16") || Flags.Contains("amx_bf16");

    /// <summary>
    /// AVX-512's instruction for bfloat16 does twice the work of one for float32, but Intel's processors start half as many
    /// of them: there only AMX pays (docs/performance.md has the rates).
    /// </summary>
    public static bool HasFastBFloat16 { get; } =
        Flags.Contains("amx_bf16") || (Flags.Contains("avx512_bf16") && !Line("vendor_id").Contains("GenuineIntel", StringComparison.Ordinal));

    public static Dictionary<string, string> Settings()
    {
        var settings = new Dictionary<string, string>();
        var wide = Avx512F.VL.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported;
        if (wide)
        {
            // libtorch 1.13 stays at AVX2 unless told otherwise.
            settings["ATEN_CPU_CAPABILITY"] = "avx512";
        }

        // OpenBLAS knows processors by their model: one newer than itself gets the kernels of a Pentium 4, a fifth as fast.
        if (wide || (Avx2.IsSupported && Fma.IsSupported))
        {
            settings["OPENBLAS_CORETYPE"] = wide ? "SkylakeX" : Line("vendor_id").Contains("AuthenticAMD", StringComparison.Ordinal) ? "Zen" : "Haswell";
        }

        // Threads of an operator that is done spin until the next. GNU's OpenMP counts pauses, which on newer processors are ten times as long
        // as when its number was chosen: 20 ms of a core that somebody else could use, where operators follow each other within microseconds.
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OMP_WAIT_POLICY")))
        {
            settings["GOMP_SPINCOUNT"] = "10000";
        }

        return settings.Where(pair => string.IsNullOrEmpty(Environment.GetEnvironmentVariable(pair.Key))).ToDictionary();
    }

    private static string Line(string beginning)
    {
        const string file = "/proc/cpuinfo";
        return (File.Exists(file) ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(beginning, StringComparison.Ordinal)) : null) ?? "";
    }
}
