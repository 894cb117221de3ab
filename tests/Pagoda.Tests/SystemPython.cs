using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;

namespace Pagoda.Tests;

/// <summary>The system's Python and what is installed for it.</summary>
internal static class SystemPython
{
    private static readonly ConcurrentDictionary<string, bool> Known = new();

    /// <summary>
    /// Whether it finds a package. It is not imported: that takes PyTorch seconds, and a test host asks before it runs the first test.
    /// </summary>
    public static bool Has(string package) => Known.GetOrAdd(package, static package =>
    {
        try
        {
            const string Look = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)";
            using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", Look, package]) { RedirectStandardError = true })!;
            python.StandardError.ReadToEnd();
            python.WaitForExit();
            return python.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    });
}
