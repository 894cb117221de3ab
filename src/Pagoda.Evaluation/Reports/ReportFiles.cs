using System.Text;
using Pagoda.Formats;

namespace Pagoda.Evaluation.Reports;

/// <summary>A report in its folder: <c>report.json</c> and <c>report.csv</c>.</summary>
public static class ReportFiles
{
    /// <summary>The name of the file that is read again.</summary>
    public const string Json = "report.json";

    /// <summary>The name of the table.</summary>
    public const string Csv = "report.csv";

    /// <summary>The name of the page.</summary>
    public const string Page = "index.html";

    /// <summary>Writes both, each whole or not at all.</summary>
    /// <exception cref="IOException">A file is there and may not be replaced, or the disk refuses.</exception>
    public static void Write(MeasurementReport report, string folder, bool overwrite)
    {
        Write(Path.Combine(folder, Json), report.ToJson(), overwrite);
        Write(Path.Combine(folder, Csv), report.ToCsv(), overwrite);
    }

    /// <summary>Writes a joined report: both, and the page for people.</summary>
    /// <exception cref="IOException">A file is there and may not be replaced, or the disk refuses.</exception>
    public static void Write(JoinedReports joined, IReadOnlyDictionary<string, PictureGrid> grids, string folder, bool overwrite)
    {
        // All or none, where one of them is there already.
        if (!overwrite && new[] { Page, Json, Csv }.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists) is { } there)
        {
            throw new IOException($"{there} exists already; choose another folder or allow it to be overwritten.");
        }

        Write(joined.Report, folder, overwrite);
        Write(Path.Combine(folder, Page), ReportPage.Write(joined, grids), overwrite);
    }

    /// <summary>Reads a report.</summary>
    /// <param name="path">The JSON file, or its folder.</param>
    /// <exception cref="InvalidDataException">There is none, or it is damaged.</exception>
    public static MeasurementReport Read(string path)
    {
        var file = Directory.Exists(path) ? Path.Combine(path, Json) : path;
        return File.Exists(file) ? MeasurementReport.FromJson(File.ReadAllText(file), file) : throw new InvalidDataException($"{file} is not there; it is what ./run eval writes when its numbers are measured.");
    }

    internal static void Write(string path, string text, bool overwrite) => AtomicFile.Write(path, overwrite, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
