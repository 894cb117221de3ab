using Pagoda.Data;
using Pagoda.Data.Folders;
using Pagoda.Data.Scenes;
using Pagoda.Data.Shards;
using Pagoda.Formats.Images;
using Pagoda.Torch;

namespace Pagoda.Training.Watch;

/// <summary>Chooses the pictures that a run is watched with: the same ones for the same options, whatever the run's seed.</summary>
public static class WatchedPictureSource
{
    private const ulong Seed = 0x5eed_0f_3a7c;
    private const int EmojiClasses = 100;
    private const int Attempts = 50_000;

    /// <summary>Finds and decodes them.</summary>
    /// <param name="options">The run.</param>
    /// <param name="size">Width and height that the model takes.</param>
    /// <exception cref="InvalidDataException">There are none, or fewer than two classes.</exception>
    /// <exception cref="DataException">The data is not there.</exception>
    public static WatchedPictures Choose(TrainingOptions options, int size)
    {
        var (watch, data) = (options.Watch, options.Data);
        var names = watch.Classes.Length > 0 ? ReadClasses(watch.Classes) : null;
        var (samples, classes, captions) = watch.Data.Length > 0 ? OfClassFolders(watch, names)
            : data.Emoji.Length > 0 ? OfEmoji(data.Emoji, watch.Pictures, size, names)
            : OfStored(data, size, watch.Pictures, names);
        if (samples.Count == 0 || classes.Count < 2)
        {
            throw new InvalidDataException(
                $"watch: {samples.Count} pictures of {classes.Count} classes tell no accuracy; give watch.data a subfolder a class, or watch.classes names that the pictures have.");
        }

        using var unowned = TensorScope.Unowned();
        var images = new float[samples.Count * 3 * size * size];
        for (var i = 0; i < samples.Count; i++)
        {
            samples[i].Draw(size, images.AsSpan(i * 3 * size * size, 3 * size * size));
        }

        return new WatchedPictures(Tensor.From(images, samples.Count, 3, size, size), [.. samples.Select(sample => sample.Label)], classes, captions);
    }

    private static List<string> ReadClasses(string file)
    {
        if (!File.Exists(file))
        {
            throw new InvalidDataException($"watch.classes: {file} does not exist; name a file of class names, one a line.");
        }

        return [.. File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Pictures of a subfolder a class, turn by turn, so that all classes have equally many as far as they go.</summary>
    private static Choice OfClassFolders(WatchOptions watch, List<string>? names)
    {
        if (!Directory.Exists(watch.Data))
        {
            throw new InvalidDataException($"watch.data: the folder {watch.Data} does not exist.");
        }

        var folders = Directory.EnumerateDirectories(watch.Data).Order(StringComparer.Ordinal)
            .Select(folder => (Name: ClassName(folder), Files: Pictures(folder)))
            .Where(folder => folder.Files.Count > 0 && (names is null || names.Contains(folder.Name))).ToList();
        var classes = names ?? [.. folders.Select(folder => folder.Name)];
        var turns = folders.SelectMany(folder => folder.Files.Select((file, turn) => (turn, file, folder.Name)))
            .OrderBy(one => one.turn).ThenBy(one => one.Name, StringComparer.Ordinal).Take(watch.Pictures);
        return new([.. turns.Select(one => Stored(() => PictureFile.Load(one.file), classes.IndexOf(one.Name)))], classes, false);
    }

    /// <summary>Single things on white, each named by its everyday noun, among the hundred that come first.</summary>
    private static Choice OfEmoji(string emoji, int count, int size, List<string>? names)
    {
        var composer = new SceneComposer(EmojiLibrary.Open(emoji), new SceneOptions
        {
            Size = size, SingleObjectOnly = true, EverydayOnly = true, RecolorShare = 0, WhiteBackgroundShare = 1, Scale = (0.6f, 0.9f),
        });
        var plans = Enumerable.Range(0, Attempts).Select(index => composer.Plan(Seed, index)).ToList();
        var classes = names ?? [.. plans.Select(plan => plan.Objects[0].Key).Distinct(StringComparer.Ordinal).Take(EmojiClasses)];
        var each = (count + classes.Count - 1) / classes.Count;
        var chosen = plans.GroupBy(plan => plan.Objects[0].Key, StringComparer.Ordinal).Where(group => classes.Contains(group.Key))
            .SelectMany(group => group.Take(each).Select((plan, turn) => (turn, plan))).OrderBy(one => one.turn).Take(count);
        return new([.. chosen.Select(one => new Sample((_, to) => composer.Draw(one.plan, to), classes.IndexOf(one.plan.Objects[0].Key)))], classes, false);
    }

    /// <summary>Pictures of the stored data: among named classes by the one name that a caption has, else among their own captions.</summary>
    private static Choice OfStored(DataOptions data, int size, int count, List<string>? names)
    {
        var found = new List<(byte[] Picture, string Name, string Class)>();
        using var source = new TrainingData(data, size, Seed).Samples();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var sample = source?.Next(); sample is not null && found.Count < count && seen.Count < Attempts && seen.Add(sample.Name); sample = source!.Next())
        {
            if (Read(sample) is { } read && (names is null ? read.Caption : OnlyName(read.Caption, names)) is { } name)
            {
                found.Add((read.Picture, sample.Name, name));
            }
        }

        var classes = names ?? [.. found.Select(one => one.Class).Distinct(StringComparer.Ordinal)];
        return new([.. found.Select(one => Stored(() => PictureFile.Decode(one.Picture, one.Name), classes.IndexOf(one.Class)))], classes, names is null);
    }

    private static string ClassName(string folder) => Path.GetFileName(folder).Replace('_', ' ').Replace('-', ' ');

    private static List<string> Pictures(string folder) =>
    [
        .. Directory.EnumerateFiles(folder).Where(file => Path.GetExtension(file).ToLowerInvariant() is ".png" or ".jpg" or ".jpeg" or ".webp")
            .Order(StringComparer.Ordinal),
    ];

    private static (byte[] Picture, string Caption)? Read(StoredSample sample)
    {
        try
        {
            var (picture, captions) = (sample.Picture(), sample.Captions());
            PictureFile.Decode(picture, sample.Name);
            return (picture, captions[0]);
        }
        catch (Exception error) when (error is PictureException or DataException)
        {
            return null;
        }
    }

    private static string? OnlyName(string caption, List<string> names)
    {
        var text = $" {caption.ToLowerInvariant()} ";
        return names.Where(name => text.Contains($" {name.ToLowerInvariant()} ", StringComparison.Ordinal)).Take(2).ToList() is [var only] ? only : null;
    }

    private static Sample Stored(Func<Picture> load, int label) =>
        new((size, to) => new ClipPreprocessing(size).Square(load().ToRgb()).ToPlanes().CopyTo(to), label);

    private delegate void Drawing(int size, Span<float> to);

    private sealed record Sample(Drawing Draw, int Label);

    private sealed record Choice(List<Sample> Samples, IReadOnlyList<string> Classes, bool AreCaptions);
}
