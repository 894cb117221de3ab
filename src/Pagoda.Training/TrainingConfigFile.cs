using System.Text.Json;
using Pagoda.Training.Objectives;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Pagoda.Training;

/// <summary>Reads and writes <see cref="TrainingOptions"/> as YAML; keys are the properties' names in snake case.</summary>
public static class TrainingConfigFile
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The YAML file.</param>
    /// <param name="overrides">Settings that take the file's place, each <c>section.key=value</c>.</param>
    /// <exception cref="InvalidDataException">
    /// The file is no YAML, has a key that is not known, or a value of the wrong kind or out of range; the line is named.
    /// </exception>
    public static TrainingOptions Read(string path, IEnumerable<string>? overrides = null) =>
        File.Exists(path)
            ? Parse(File.ReadAllText(path), path, overrides)
            : throw new InvalidDataException($"{path} does not exist; name the run's YAML file, such as configs/emoji/1-contrastive.yaml.");

    /// <summary>Reads a file's text.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="overrides">Settings that take the text's place, each <c>section.key=value</c>.</param>
    /// <exception cref="InvalidDataException">As for <see cref="Read"/>.</exception>
    public static TrainingOptions Parse(string yaml, string name, IEnumerable<string>? overrides = null)
    {
        var entries = ConfigEntries.Parse(yaml, name);
        foreach (var setting in overrides ?? [])
        {
            // A source's name may hold an equals sign, a weight cannot.
            var at = setting.StartsWith($"{ConfigEntries.Mixture}.", StringComparison.Ordinal) ? setting.LastIndexOf('=') : setting.IndexOf('=');
            if (at <= 0)
            {
                throw new InvalidDataException($"--set {setting} is no setting; write key=value, such as optimizer.steps=500.");
            }

            entries[setting[..at].Trim()] = new ConfigEntry(setting[(at + 1)..].Trim(), $"--set {setting}");
        }

        ConfigEntries.ThrowIfUnknown(entries);
        var options = Build(entries);
        if (TrainingLimits.FirstProblem(options) is { } problem)
        {
            var where = entries.TryGetValue(problem.Key, out var entry) ? entry.Where : name;
            throw new InvalidDataException($"{where}: {problem.Sentence}");
        }

        return options;
    }

    /// <summary>The options as YAML text.</summary>
    public static string Write(TrainingOptions options) =>
        new SerializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).WithTypeConverter(new EnumNames()).Build().Serialize(options);

    /// <summary>The keys in which two sets of options differ, with both values.</summary>
    /// <param name="before">What <see cref="Write"/> gave, perhaps by a version that knew fewer keys.</param>
    /// <param name="now">The options now.</param>
    internal static IReadOnlyList<(string Key, string Before, string Now)> Differences(string before, TrainingOptions now)
    {
        var saved = ConfigEntries.Parse(before, "the checkpoint's options");
        var current = ConfigEntries.Parse(Write(now), "the options");
        return
        [
            .. from key in ConfigEntries.Known.Keys.Concat(saved.Keys.Union(current.Keys).Where(ConfigEntries.IsOfMixture))
               let was = saved.GetValueOrDefault(key)?.Value ?? ConfigEntries.Known.GetValueOrDefault(key, "")
               let present = current.GetValueOrDefault(key)?.Value ?? ""
               where was != present
               select (key, was, present),
        ];
    }

    private static TrainingOptions Build(IReadOnlyDictionary<string, ConfigEntry> entries)
    {
        try
        {
            return Deserialize(entries);
        }
        catch (Exception error) when (IsWrongValue(error))
        {
            foreach (var (key, entry) in entries)
            {
                try
                {
                    Deserialize(new Dictionary<string, ConfigEntry> { [key] = entry });
                }
                catch (Exception wrong) when (IsWrongValue(wrong))
                {
                    throw new InvalidDataException($"{entry.Where}: {key} cannot be \"{entry.Value}\"; {Hint(key)}.", wrong);
                }
            }

            throw;
        }
    }

    private static readonly IReadOnlyDictionary<string, Type> Choices = new Dictionary<string, Type>
    {
        ["method"] = typeof(TrainingMethod),
        ["energy.start"] = typeof(NegativeStart),
        ["energy.sampler"] = typeof(NegativeSampler),
        ["energy.painting_loss"] = typeof(PaintingLoss),
        ["energy.real"] = typeof(RealPictures),
    };

    private static bool IsWrongValue(Exception error) => error is YamlException or FormatException or OverflowException or ArgumentException;

    private static string Hint(string key) => Choices.TryGetValue(key, out var type)
        ? $"use {string.Join(", ", EnumNames.NamesOf(type))}"
        : ConfigEntries.IsOfMixture(key) ? "it is a weight like 2.5"
        : key == ConfigEntries.Mixture ? "write sources and weights below it, such as shards:a/{0..9}.tar: 2"
        : $"it is a value like {ConfigEntries.Known[key] switch { "" => "true", var known => known }}";

    private static TrainingOptions Deserialize(IReadOnlyDictionary<string, ConfigEntry> entries)
    {
        // Written anew with every value quoted: a value's kind is that of its property, and settings and files are the same.
        var yaml = Nested(entries.Select(entry => (Path(entry.Key), entry.Value.Value)), 0);
        return new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).WithTypeConverter(new EnumNames()).Build().Deserialize<TrainingOptions?>(yaml)
            ?? new TrainingOptions();
    }

    private static string[] Path(string key) => ConfigEntries.IsOfMixture(key)
        ? [.. ConfigEntries.Mixture.Split('.'), key[(ConfigEntries.Mixture.Length + 1)..]]
        : key.Split('.', 2);

    private static string Nested(IEnumerable<(string[] Path, string Value)> entries, int depth) =>
        string.Concat(entries.GroupBy(entry => entry.Path[depth]).Select(group =>
            $"{new string(' ', 2 * depth)}{JsonSerializer.Serialize(group.Key)}:"
            + (group.First() is { Path.Length: var length, Value: var value } && length == depth + 1 ? $" {JsonSerializer.Serialize(value)}\n" : $"\n{Nested(group, depth + 1)}")));
}
