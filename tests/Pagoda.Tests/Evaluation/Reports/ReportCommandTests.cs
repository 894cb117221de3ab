using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pagoda.Cli;
using Pagoda.Evaluation;
using Pagoda.Evaluation.Benchmarks;
using Pagoda.Evaluation.Reports;
using Pagoda.Formats.Images;
using Pagoda.Tests.Data;

namespace Pagoda.Tests.Evaluation.Reports;

/// <summary><c>eval report</c> on reports made by hand.</summary>
public sealed partial class ReportCommandTests : IDisposable
{
    private const string Nasty = "<script>alert('\"x\"')</script> & co";
    private static readonly string[] s_empty = ["meta", "img", "br", "line", "circle"];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Page_OfSeveralReports_HasAllNumbers_AndIsOneWellFormedFile()
    {
        Save("a", "scenes", null, Number("plain", "seen", 0.2, "color") with { OnReal = new Interval(0.9, 0.85, 0.95), At = new DateTimeOffset(2026, 3, 1, 9, 0, 0, TimeSpan.Zero) }, Number("plain", "unseen", 0.125, "color"));
        Save("b", "scenes", null, Number("robust", "seen", 0.6, "color") with { OnReal = new Interval(0.9, 0.85, 0.95), At = new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero) });
        Save("c", "ms-coco", null, Number("plain", "fid", 123.45) with { Score = new Interval(123.45, 121, 126) });
        var (code, output, error) = await Run("a", "b", "c", "--title", "Two & a half");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("4/4 numbers", output, StringComparison.Ordinal);
        var page = Page();
        WellFormed(page);
        Assert.Contains("<h1>Two &amp; a half</h1>", page, StringComparison.Ordinal);
        Assert.Contains("measured from 1 March 2026 to 2 March 2026, as far as the reports say", page, StringComparison.Ordinal);
        Assert.Contains("<b title=\"clearly better: its interval overlaps no other\">0.600</b>", page, StringComparison.Ordinal);
        Assert.Single(BoldNumber().Matches(page));
        Assert.Matches("real pictures</th><td class=\"n\">0\\.900</td>", page);
        Assert.Contains("123.5", page, StringComparison.Ordinal);
        Assert.Contains("class=\"real\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(" src=\"/", page, StringComparison.Ordinal);

        // The other two files have the same numbers.
        var joined = ReportFiles.Read(_folder.File("page"));
        Assert.Equal([0.2, 0.125, 0.6, 123.45], joined.Measurements.Select(one => one.Score!.Value));
        Assert.Equal(["scenes", "scenes", "scenes", "ms-coco"], joined.Measurements.Select(one => one.Benchmark));
        var lines = File.ReadAllLines(_folder.File("page/report.csv"));
        Assert.Equal(5, lines.Length);
        Assert.StartsWith("ms-coco,plain,,fid,complete,100,100,123.45,", lines[4], StringComparison.Ordinal);
        Assert.All(joined.Measurements, one => Assert.Contains($"id=\"p-{one.Protocol.Fingerprint}\"", page, StringComparison.Ordinal));

        // Joined again, nothing is lost.
        Assert.Equal(0, (await Run("page", "--out", _folder.File("again"))).Code);
        Assert.Equal(joined.Measurements.Select(one => (one.Subject, one.Score)), ReportFiles.Read(_folder.File("again")).Measurements.Select(one => (one.Subject, one.Score)));
    }

    [Fact]
    public async Task Page_EscapesWhateverItIsGiven()
    {
        Save(
            "a", Nasty, new JsonObject { [Nasty] = Nasty },
            Number(Nasty, Nasty, 0.2, Nasty) with { Warning = Nasty, Note = Nasty, Source = Nasty, Protocol = Way(Nasty) with { Network = Nasty, Resizer = Nasty, Settings = new(StringComparer.Ordinal) { [Nasty] = Nasty } } },
            Number("other", Nasty, 0.4, Nasty) with { Protocol = Way(Nasty) with { Network = Nasty, Resizer = Nasty } });
        Assert.Equal(0, (await Run("a", "--title", Nasty)).Code);
        var page = Page();
        WellFormed(page);
        Assert.Single(Script().Matches(page));
        Assert.DoesNotContain("alert('", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DifferentWays_AreSaid_AndMissingNumbersTellWhy()
    {
        Save("a", "ms-coco", null, Number("plain", "clipsim", 0.2), Number("plain", "kid", 0) with { Score = null, Note = "no reference was given", Protocol = Way("kid") with { Samples = 0 } });
        Save("b", "ms-coco", null, Number("robust", "clipsim", 0.9) with { Expected = 300, Protocol = Way("clipsim") with { Samples = 200 } });
        Assert.Equal(0, (await Run("a", "b")).Code);
        var page = Page();
        WellFormed(page);
        Assert.Contains("Not to be compared: CLIPSIM was measured in different ways (samples 100 for plain, but 200 for robust). No best value is marked.", page, StringComparison.Ordinal);
        Assert.Empty(BoldNumber().Matches(page));
        Assert.Contains(">missing<sup>", page, StringComparison.Ordinal);
        Assert.Contains("no reference was given", page, StringComparison.Ordinal);
        Assert.Contains("200 of 300", page, StringComparison.Ordinal);
        Assert.Contains("1 number is missing", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneSubject_NeedsNoPlot_AndNothingIsBest()
    {
        Save("a", "ms-coco", null, Number("plain", "clipsim", 0.2));
        Assert.Equal(0, (await Run("a")).Code);
        var page = Page();
        WellFormed(page);
        Assert.DoesNotContain("<figure", page, StringComparison.Ordinal);
        Assert.Empty(BoldNumber().Matches(page));
        Assert.Contains("1 number of plain in 1 benchmark, the reports do not say when.", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SubjectsOfOneName_GetTheirFolders_AndTheSameReportTwiceIsOne()
    {
        Save("runs/a", "scenes", null, Number("emoji", "seen", 0.2));
        Save("runs/b", "scenes", null, Number("emoji", "seen", 0.4));
        Save("runs/c", "scenes", null, Number("emoji", "unseen", 0.3));
        Assert.Equal(0, (await Run("runs", "runs/a")).Code);
        Assert.Equal(new[] { "runs/a", "runs/b", "runs/c" }.Select(place => $"emoji ({_folder.File(place)})"), ReportFiles.Read(_folder.File("page")).Measurements.Select(one => one.Subject));
        Assert.Equal(0, (await RunRaw("eval", "report", $"one={_folder.File("runs/a")}", $"two={_folder.File("runs/b")}", "--out", _folder.File("page"), "--force")).Code);
        Assert.Equal(["one", "two"], ReportFiles.Read(_folder.File("page")).Measurements.Select(one => one.Subject));
    }

    [Fact]
    public async Task Pictures_AreShownSideBySide_SmallAndInside()
    {
        string[] prompts = ["a cat", Nasty.Replace('/', '|'), "a dog", "a fish"];
        foreach (var (name, side, there) in new[] { ("plain", 300, 4), ("robust", 40, 3) })
        {
            Save(name, "scenes", null, Number(name, "seen", 0.2));
            var set = PictureSet.Begin(_folder.File(name), new PictureSetPlan { Benchmark = "scenes", PerPrompt = 2, Seed = 1, NamedByPrompt = false, Painting = new JsonObject { ["model"] = name }, Prompts = prompts });
            set.Jobs.Where(job => job.Prompt < there).ToList().ForEach(job => set.Save(job, PictureFile.EncodePng(new Picture(side, side / 2, 3, new byte[side * (side / 2) * 3]))));
            ReportFiles.Write(ReportFiles.Read(_folder.File(name)) with { Pictures = new Dictionary<string, string> { [name] = "." } }, _folder.File(name), overwrite: true);
        }

        Assert.Equal(0, (await Run("plain", "robust", "--grid", "2")).Code);
        var page = Page();
        WellFormed(page);
        var pictures = Data().Matches(page).Select(match => PictureFile.Decode(Convert.FromBase64String(match.Groups[1].Value))).ToList();
        Assert.Equal([(128, 128), (40, 20), (128, 128), (40, 20)], pictures.Select(picture => (picture.Width, picture.Height)));
        Assert.Contains("alt=\"&quot;a cat&quot;, painted by robust\"", page, StringComparison.Ordinal);

        Assert.Equal(0, (await Run("plain", "robust", "--grid-prompts", "FISH", "--force")).Code);
        Assert.Single(Data().Matches(Page()));
        Assert.Contains("not painted", Page(), StringComparison.Ordinal);
        var none = await Run("plain", "--grid-prompts", "horse", "--force");
        Assert.Equal(2, none.Code);
        Assert.Contains("\"horse\"", none.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongUse_IsSaidInASentence()
    {
        Save("empty", "scenes", null);
        Save("a", "scenes", null, Number("plain", "seen", 0.2));
        Directory.CreateDirectory(_folder.File("bare"));
        _folder.Write("broken/report.json", "{");
        Assert.Contains("have no numbers", await Fails(1, "empty"), StringComparison.Ordinal);
        Assert.Contains("nowhere", await Fails(1, "nowhere"), StringComparison.Ordinal);
        Assert.Contains("has no report.json", await Fails(1, "bare"), StringComparison.Ordinal);
        Assert.Contains("is no report of ./run eval", await Fails(1, "broken"), StringComparison.Ordinal);
        Assert.Contains("--grid is 101", await Fails(2, "a", "--grid", "101"), StringComparison.Ordinal);
        Assert.Equal(0, (await Run("a")).Code);
        Assert.Contains("exists already", await Fails(1, "a"), StringComparison.Ordinal);
        Assert.Equal(0, (await Run("a", "--force")).Code);
    }

    private static Measurement Number(string subject, string measure, double value, string category = "") =>
        new() { Subject = subject, Category = category, Protocol = Way(measure), Score = new Interval(value, value - 0.05, value + 0.05), Expected = 100 };

    private static Protocol Way(string measure) => new() { Measure = measure, Samples = 100, Seed = 7 };

    /// <summary>Every element is closed where it must be, so that no text can have broken out of its place.</summary>
    private static void WellFormed(string page)
    {
        var open = new Stack<string>();
        foreach (Match tag in Tag().Matches(Hidden().Replace(page, "")))
        {
            var (closes, name) = (tag.Groups[1].Length > 0, tag.Groups[2].Value);
            if (closes)
            {
                Assert.Equal(open.Pop(), name);
            }
            else if (!s_empty.Contains(name))
            {
                open.Push(name);
            }
        }

        Assert.Empty(open);
    }

    private async Task<string> Fails(int expected, params string[] arguments)
    {
        var (code, _, error) = await Run(arguments);
        Assert.Equal(expected, code);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        return error;
    }

    private string Page() => File.ReadAllText(_folder.File("page/index.html"), Encoding.UTF8);

    private void Save(string name, string title, JsonNode? settings, params Measurement[] numbers) => ReportFiles.Write(new MeasurementReport(title, settings, numbers), _folder.File(name), overwrite: true);

    private Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var places = arguments.TakeWhile(word => !word.StartsWith("--", StringComparison.Ordinal)).Select(_folder.File).ToList();
        string[] rest = [.. arguments.Skip(places.Count)];
        return RunRaw(["eval", "report", .. places, .. rest, .. rest.Contains("--out") ? Array.Empty<string>() : ["--out", _folder.File("page")]]);
    }

    private static async Task<(int Code, string Output, string Error)> RunRaw(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        return (await CommandLine.RunAsync(arguments, output, error, default), output.ToString(), error.ToString());
    }

    [GeneratedRegex("<b title=")]
    private static partial Regex BoldNumber();

    [GeneratedRegex("<script")]
    private static partial Regex Script();

    [GeneratedRegex("src=\"data:image/webp;base64,([^\"]+)\"")]
    private static partial Regex Data();

    [GeneratedRegex("<(/?)([a-z][a-z0-9]*)(?:\\s[^<>]*)?/?>")]
    private static partial Regex Tag();

    [GeneratedRegex("<!doctype html>|(?<=<style>).*(?=</style>)|(?<=<script>).*(?=</script>)", RegexOptions.Singleline)]
    private static partial Regex Hidden();
}
