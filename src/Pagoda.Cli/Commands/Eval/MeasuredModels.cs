using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Pagoda.Cli.Commands.Compare;
using Pagoda.Cli.Commands.Generate;
using Pagoda.Evaluation.Reports;
using Pagoda.Formats;
using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Training;
using Pagoda.Training.Watch;

namespace Pagoda.Cli.Commands.Eval;

/// <summary>What the commands that measure CLIPs, not pictures, have in common: the models, the pictures they are measured on, and going on after an interruption.</summary>
/// <param name="title">The report's title.</param>
/// <param name="count">The default of <c>--count</c>.</param>
internal sealed class MeasuredModels(string title, int count)
{
    private const string Finished = "finished";
    private readonly Option<string[]> _models = new("--model") { Description = "The CLIPs, one after another: names, folders or files; NAME=PLACE calls one NAME.", Required = true, AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _data = new("--data") { Description = "Pictures: a folder with a subfolder a class, a folder of captioned pictures, or a run's YAML file whose watch.data or data to take." };
    private readonly Option<string?> _emoji = new("--emoji") { Description = "Or emoji: the shards' folder, or the file of data cache; single things on white, among a hundred nouns." };
    private readonly Option<string?> _templates = new("--templates") { Description = $"Sentences that class names are put into, apart by ;. \"{new WatchOptions().Templates}\" unless the YAML file has others." };
    private readonly Option<int> _count = new("--count") { Description = "Pictures.", DefaultValueFactory = _ => count };
    private readonly Option<ulong> _seed = new("--seed") { Description = "What random starts, targets and resamples are drawn by.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _batch = new("--batch") { Description = "Pictures at a time.", DefaultValueFactory = _ => 50 };
    private readonly Option<string?> _device = new("--device") { Description = "cpu, cuda or cuda:N; the best at hand by default." };
    private readonly Option<string?> _out = new("--out", "-o") { Description = "A folder for report.json and report.csv; models that are finished there are not measured again." };
    private readonly ModelOptions _loading = new();

    /// <summary>A model's numbers before they are measured.</summary>
    /// <param name="Protocols">How each will be measured; with the model's hash they are what makes a finished one the same.</param>
    /// <param name="Measure">Takes them; the subject is filled in.</param>
    public sealed record Plan(IReadOnlyList<Protocol> Protocols, Func<Action<int>, CancellationToken, IReadOnlyList<Measurement>> Measure);

    public IEnumerable<Option> All => [_models, _data, _emoji, _templates, _count, _seed, _batch, _device, _out, .. _loading.All];

    public ulong Seed(ParseResult parsed) => parsed.GetValue(_seed);

    public int Batch(ParseResult parsed) => parsed.GetValue(_batch);

    public int Count(ParseResult parsed) => parsed.GetValue(_count);

    public string? Emoji(ParseResult parsed) => parsed.GetValue(_emoji);

    public LoadedClip Load(string model, ParseResult parsed) => ClipLoader.Load(model, GenerateOptions.DeviceNamed(parsed.GetValue(_device)), _loading.Of(parsed));

    /// <summary>What pictures and classes are taken from.</summary>
    /// <exception cref="UsageException">None or several are named.</exception>
    public TrainingOptions Source(ParseResult parsed)
    {
        var (data, emoji) = (parsed.GetValue(_data), parsed.GetValue(_emoji));
        if (parsed.GetValue(_count) < 1 || parsed.GetValue(_batch) < 1)
        {
            throw new UsageException("--count and --batch are 1 or more");
        }

        var options = (data, emoji) switch
        {
            (null, null) or (not null, not null) => throw new UsageException("name pictures with --data, or emoji with --emoji"),
            (null, _) => new TrainingOptions { Data = new DataOptions { Emoji = emoji! } },
            _ when Directory.Exists(data) => Directory.EnumerateDirectories(data).Any()
                ? new TrainingOptions { Watch = new WatchOptions { Data = data } } : new TrainingOptions { Data = new DataOptions { Folder = data } },
            _ => TrainingConfigFile.Read(data!),
        };
        var templates = parsed.GetValue(_templates) ?? options.Watch.Templates;
        if (templates.Split(';').Any(template => !template.Contains("{}", StringComparison.Ordinal)))
        {
            throw new UsageException($"--templates \"{templates}\": each sentence, apart by ;, needs {{}} where the name goes");
        }

        return options with { Watch = options.Watch with { Pictures = parsed.GetValue(_count), Templates = templates } };
    }

    /// <summary>The classes' embeddings under a model, <c>[C, embed]</c>.</summary>
    public static Tensor Classes(LoadedClip clip, WatchedPictures pictures, IReadOnlyList<string> templates) =>
        ZeroShotClasses.Embeddings(clip.Model, clip.Tokenizer, pictures.Classes, pictures.AreCaptions ? ["{}"] : templates);

    /// <summary>The settings of protocols that say which pictures and classes there were.</summary>
    public static SortedDictionary<string, string> Settings(WatchedPictures pictures, IReadOnlyList<string> templates) => new(StringComparer.Ordinal)
    {
        ["classes"] = $"{pictures.Classes.Count.ToString(CultureInfo.InvariantCulture)}@{Protocol.HashOf(pictures.Classes)[..10]}",
        ["templates"] = pictures.AreCaptions ? "captions" : Protocol.HashOf(templates)[..10],
        ["size"] = pictures.Images.Size(-1).ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>SHA-256 of pictures and what is known of them.</summary>
    public static string HashOf(Tensor images, IEnumerable<long> facts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes<float>(images.ToArray<float>()));
        hash.AppendData(MemoryMarshal.AsBytes<long>(facts.ToArray()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A length in pixels of [0, 1], written as a number or a fraction.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static double Length(string option, string text)
    {
        var parts = text.Split('/');
        double[] numbers = [.. parts.Select(part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN)];
        var length = numbers.Length == 2 ? numbers[0] / numbers[1] : numbers.Length == 1 ? numbers[0] : double.NaN;
        return double.IsFinite(length) && length >= 0 ? length : throw new UsageException($"{option} {text} is no length; write 0 or more in pixels of [0, 1], such as 1.5 or 4/255");
    }

    /// <summary>Measures each model, keeps what is finished, and shows one table of all.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="settings">For the report: what the user chose.</param>
    /// <param name="plan">What to measure of a model; its tensors live in a scope of that model.</param>
    /// <param name="cancel">Ends it within a step; nothing of the unfinished model is kept.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public int Run(ParseResult parsed, object settings, Func<LoadedClip, Plan> plan, CancellationToken cancel)
    {
        var (folder, output) = (parsed.GetValue(_out), parsed.InvocationConfiguration.Output);
        var (numbers, hashes) = (new List<Measurement>(), new SortedDictionary<string, string>(StringComparer.Ordinal));
        foreach (var text in parsed.GetRequiredValue(_models))
        {
            cancel.ThrowIfCancellationRequested();
            var (own, place) = text.Split('=', 2) is [{ Length: > 0 } before, { Length: > 0 } after] && !Path.Exists(text) ? (before, after) : (null, text);
            using var clip = Load(place, parsed);
            var name = own ?? clip.Name;
            if (!hashes.TryAdd(name, clip.Hash))
            {
                throw new UsageException($"--model: two models are called {name}; write NAME={place} to tell them apart");
            }

            using var scope = new TensorScope();
            var todo = plan(clip);
            var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{clip.Hash} {string.Join(' ', todo.Protocols.Select(protocol => protocol.Fingerprint))}")))[..20];
            var kept = folder is null ? null : Path.Combine(folder, Finished, $"{key}.json");
            if (kept is null || !File.Exists(kept))
            {
                var progress = new ProgressLine(output, name, (int)todo.Protocols[0].Samples);
                var found = new MeasurementReport(title, null, todo.Measure(done => progress.Show(done, done), cancel)).MeasuredAt(DateTimeOffset.UtcNow);
                numbers.AddRange(found.Measurements.Select(one => one with { Subject = name }));
                if (kept is not null)
                {
                    AtomicFile.Write(kept, overwrite: true, stream => stream.Write(Encoding.UTF8.GetBytes(found.ToJson())));
                }
            }
            else
            {
                numbers.AddRange(MeasurementReport.FromJson(File.ReadAllText(kept), kept).Measurements.Select(one => one with { Subject = name }));
                output.WriteLine($"{name}: measured before, {kept}");
            }
        }

        var data = parsed.GetValue(_data) ?? parsed.GetValue(_emoji);
        var report = new MeasurementReport(title, MeasurementReport.SettingsOf(new { Data = data, Count = Count(parsed), Seed = Seed(parsed), Options = settings, Models = hashes }), numbers);
        if (folder is null)
        {
            ReportTable.Write(report, output);
        }
        else
        {
            EvalOptions.Show(report, folder, output);
        }

        return ExitCodes.Success;
    }
}
