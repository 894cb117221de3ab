using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using Pagoda.Torch;

namespace Pagoda.Cli;

/// <summary>
/// libtorch, loaded on a thread of its own while the command line is read: half a second, most of it the work of one core
/// (docs/performance.md). The process must not end before it is loaded, so that this waits.
/// </summary>
internal sealed class EarlyLoading : IDisposable
{
    private static readonly string[] s_commands = ["generate", "replay", "style", "score"];
    private static readonly string[] s_without = ["--help", "-h", "-?", "--list", "--version"];
    private readonly Thread? _thread;

    private EarlyLoading(bool isUseful)
    {
        if (isUseful)
        {
            AskFirst();
            _thread = new Thread(Load) { IsBackground = true, Name = "libtorch" };
            _thread.Start();
        }
    }

    /// <summary>Begins, if what is asked for will need it.</summary>
    /// <param name="arguments">The program's.</param>
    public static EarlyLoading For(IReadOnlyList<string> arguments) => new(IsUseful(arguments));

    /// <inheritdoc/>
    public void Dispose() => _thread?.Join();

    internal static bool IsUseful(IReadOnlyList<string> arguments) =>
        arguments.Count > 1 && s_commands.Contains(arguments[0]) && !arguments.Any(s_without.Contains);

    /// <summary>
    /// What is read and parsed meanwhile calls functions of .NET's own native library for the first time, and the dynamic linker answers
    /// nobody until it has loaded all of libtorch. So they are called before.
    /// </summary>
    private static void AskFirst()
    {
        _ = (Thread.GetCurrentProcessorId(), Stopwatch.GetTimestamp(), Environment.TickCount64, Console.IsErrorRedirected, Console.IsOutputRedirected);
        _ = (Environment.CurrentDirectory, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));
        Task.Run(() => { }).Wait();
        var file = typeof(EarlyLoading).Assembly.Location;
        if (File.Exists(file) && Directory.Exists(AppContext.BaseDirectory))
        {
            using var stream = File.OpenRead(file);
            _ = stream.ReadByte();
            using var mapped = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            using var view = mapped.CreateViewAccessor(0, 1, MemoryMappedFileAccess.Read);
        }
    }

    private static void Load()
    {
        try
        {
            _ = LibTorch.Version;
        }
        catch (Exception)
        {
            // Whoever needs it meets the same, and says so.
        }
    }
}
