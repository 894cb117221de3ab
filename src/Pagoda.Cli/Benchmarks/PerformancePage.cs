using Pagoda.Formats;

namespace Pagoda.Cli.Benchmarks;

/// <summary>
/// A page in Markdown of which parts are written by this program: those between the comments <c>&lt;!-- NAME begin --&gt;</c> and
/// <c>&lt;!-- NAME end --&gt;</c>. All the rest is somebody's own and stays.
/// </summary>
internal sealed class PerformancePage
{
    private readonly string _file;

    /// <exception cref="UsageException">There is no such page.</exception>
    public PerformancePage(string file) =>
        _file = File.Exists(file) ? file : throw new UsageException($"--update {file}: there is no such page.");

    /// <summary>Says before anything is measured that a part is not there.</summary>
    /// <exception cref="UsageException">The page lacks a mark, or has them in the wrong order.</exception>
    public PerformancePage With(string name)
    {
        Find(File.ReadAllText(_file), name);
        return this;
    }

    /// <summary>Puts a text between the marks of that name.</summary>
    public void Write(string name, string text)
    {
        var page = File.ReadAllText(_file);
        var (from, to) = Find(page, name);
        var whole = $"{page[..from]}\n{text.Trim()}\n{page[to..]}";
        AtomicFile.Write(_file, overwrite: true, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(whole)));
    }

    /// <summary>A file's path as a link of this page.</summary>
    public string LinkTo(string file) => Path.GetRelativePath(Path.GetDirectoryName(Path.GetFullPath(_file))!, Path.GetFullPath(file)).Replace('\\', '/');

    private (int From, int To) Find(string page, string name)
    {
        var (begin, end) = ($"<!-- {name} begin -->", $"<!-- {name} end -->");
        var from = page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        var to = page.IndexOf(end, StringComparison.Ordinal);
        return from >= begin.Length && to >= from && page.IndexOf(begin, from, StringComparison.Ordinal) < 0
            ? (from, to)
            : throw new UsageException($"--update {_file}: the page needs one line {begin} and after it one line {end}, between which the table goes.");
    }
}
