using System.Globalization;
using System.Runtime.InteropServices;
using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>What the kernel counts for this process; zero where it does not say.</summary>
internal static class ProcessFigures
{
    private delegate int MallocTrim(nuint keep);

    /// <summary>Pages mapped without reading a disk since the process began.</summary>
    public static long PageFaults
    {
        get
        {
            // The second field, the program's name, may hold spaces: fields are counted after its closing bracket.
            var text = Read("/proc/self/stat");
            var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return fields.Length > 7 ? long.Parse(fields[7], CultureInfo.InvariantCulture) : 0;
        }
    }

    /// <summary>The most memory that was resident since <see cref="ResetPeak"/>, in bytes.</summary>
    public static long PeakResident => PeakOf("self");

    /// <summary>Processes that want a processor, averaged over the last minute.</summary>
    public static double Load =>
        double.TryParse(Read("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture, out var load) ? load : 0;

    /// <summary>The most memory that was ever resident in another process, in bytes; zero when it has ended.</summary>
    public static long PeakResidentOf(int process) => PeakOf(process.ToString(CultureInfo.InvariantCulture));

    /// <summary>Begins a new peak, after what others have freed has gone back to the system.</summary>
    public static void ResetPeak()
    {
        // Freed memory is kept, and would be resident in what is measured next; what finalizers hold is freed first.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        LibTorch.ReleaseMemory();
        if (NativeLibrary.TryLoad("libc.so.6", out var glibc) && NativeLibrary.TryGetExport(glibc, "malloc_trim", out var trim))
        {
            Marshal.GetDelegateForFunctionPointer<MallocTrim>(trim)(0);
        }

        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Then the peak is that of the whole process, which is never less.
        }
    }

    private static long PeakOf(string process)
    {
        var line = Read($"/proc/{process}/status").Split('\n').FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    private static string Read(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllText(file) : "";
        }
        catch (IOException)
        {
            // A process that has just ended.
            return "";
        }
    }
}
