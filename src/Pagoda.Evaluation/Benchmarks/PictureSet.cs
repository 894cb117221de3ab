using System.Text;
using System.Text.Json.Nodes;
using Pagoda.Evaluation.Reports;
using Pagoda.Formats;

namespace Pagoda.Evaluation.Benchmarks;

/// <summary>
/// The pictures of a benchmark in a folder: <c>samples/</c> with nothing but finished pictures, since judges take every file there for one,
/// and <c>pictures.json</c>, which says how they are made. A picture that is there is not painted again, and a folder of other settings is refused.
/// </summary>
public sealed class PictureSet
{
    private const string PlanFile = "pictures.json";
    private const string SamplesFolder = "samples";
    private const string UnfinishedFolder = "unfinished";
    private readonly string _folder;

    private PictureSet(string folder, PictureSetPlan plan) => (_folder, Plan, Jobs) = (folder, plan, plan.Jobs());

    /// <summary>What makes the pictures.</summary>
    public PictureSetPlan Plan { get; }

    /// <summary>Every picture of the set, there or not.</summary>
    public IReadOnlyList<PictureJob> Jobs { get; }

    /// <summary>Where the pictures are.</summary>
    public string Samples => Path.Combine(_folder, SamplesFolder);

    /// <summary>What made the pictures, as a table's row is called: by its given name, else the model, and the recipe or method where the record names one.</summary>
    public string Subject => Plan.Name ?? string.Join(' ', new[] { Plan.Painting["model"], Plan.Painting["method"], (Plan.Painting["recipe"] as JsonObject)?["name"] }.OfType<JsonValue>().Select(value => value.GetValue<string>()));

    /// <summary>A number that is missing over this set, or the beginning of one that is there.</summary>
    /// <param name="category">The part of the pictures.</param>
    /// <param name="protocol">How it is measured; the captions are filled in.</param>
    public Measurement Measured(string category, Protocol protocol) => new()
    {
        Subject = Subject,
        Category = category,
        Expected = Jobs.Count,
        Protocol = protocol with { Captions = Protocol.HashOf(Plan.Prompts) },
        Warning = protocol.Network is { } judge ? JudgeIndependence.WarningOf(Plan.Painting, judge, protocol.Weights) : null,
    };

    /// <summary>Begins a set, or goes on with one of the same plan; processes that share the work may do so at once.</summary>
    /// <exception cref="IOException">The folder has pictures of another plan, or the disk refuses.</exception>
    /// <exception cref="InvalidDataException">A prompt cannot be part of a file's name.</exception>
    public static PictureSet Begin(string folder, PictureSetPlan plan)
    {
        var set = new PictureSet(folder, plan);
        var path = Path.Combine(folder, PlanFile);
        try
        {
            AtomicFile.Write(path, overwrite: false, stream => stream.Write(Encoding.UTF8.GetBytes(plan.ToJson())));
        }
        catch (IOException) when (File.Exists(path))
        {
            // It was there, or another shard was quicker.
        }

        if (plan.DifferenceFrom(Read(path)) is { } difference)
        {
            throw new IOException($"{folder} has pictures made in another way ({difference}); name another --out, or repeat the options that it was begun with.");
        }

        Directory.CreateDirectory(set.Samples);
        return set;
    }

    /// <summary>The set in a folder; null where there is none.</summary>
    /// <exception cref="InvalidDataException">What says how it is made is damaged.</exception>
    public static PictureSet? Find(string folder) => Path.Combine(folder, PlanFile) is var path && File.Exists(path) ? new PictureSet(folder, Read(path)) : null;

    /// <summary>Where a picture is, or will be.</summary>
    public string PathOf(PictureJob job) => Path.Combine(Samples, job.File);

    /// <summary>The pictures that are there.</summary>
    public IReadOnlyList<PictureJob> Finished()
    {
        var there = Directory.Exists(Samples) ? Directory.EnumerateFiles(Samples).Select(Path.GetFileName).ToHashSet() : [];
        return [.. Jobs.Where(job => there.Contains(job.File))];
    }

    /// <summary>What is left for a shard to paint.</summary>
    public IReadOnlyList<PictureJob> Missing(WorkShard shard)
    {
        var there = Finished().Select(job => job.Number).ToHashSet();
        return [.. Jobs.Where(job => shard.Has(job.Number) && !there.Contains(job.Number))];
    }

    /// <summary>Puts a finished picture among the samples, whole or not at all.</summary>
    public void Save(PictureJob job, byte[] png)
    {
        // Not beside the others: what a power cut leaves there a judge would take for a picture.
        var unfinished = Path.Combine(_folder, UnfinishedFolder, $"{Environment.ProcessId}-{job.Number}.png");
        AtomicFile.Write(unfinished, overwrite: true, stream => stream.Write(png));
        Directory.CreateDirectory(Samples);
        File.Move(unfinished, PathOf(job), overwrite: true);
    }

    private static PictureSetPlan Read(string path) => PictureSetPlan.FromJson(File.ReadAllText(path), path);
}
