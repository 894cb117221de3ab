using System.Text.Json;
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
            var at = setting.IndexOf('=');
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
        new SerializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).Build().Serialize(options);

    /// <summary>The keys in which two sets of options differ, with both values.</summary>
    /// <param name="before">What <see cref="Write"/> gave, perhaps by a version that knew fewer keys.</param>
    /// <param name="now">The options now.</param>
    internal static IReadOnlyList<(string Key, string Before, string Now)> Differences(string before, TrainingOptions now)
    {
        var saved = ConfigEntries.Parse(before, "the checkpoint's options");
        var current = ConfigEntries.Parse(Write(now), "the options");
        return
        [
            .. from key in ConfigEntries.Known.Keys
               let was = saved.GetValueOrDefault(key)?.Value ?? ConfigEntries.Known[key]
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

    private static bool IsWrongValue(Exception error) => error is YamlException or FormatException or OverflowException or ArgumentException;

    private static string Hint(string key) => key == "method"
        ? $"use {string.Join(", ", Enum.GetNames<TrainingMethod>().Select(method => method.ToLowerInvariant()))}"
        : $"it is a value like {ConfigEntries.Known[key] switch { "" => "true", var known => known }}";

    private static TrainingOptions Deserialize(IReadOnlyDictionary<string, ConfigEntry> entries)
    {
        // Written anew with every value quoted: a value's kind is that of its property, and settings and files are the same.
        var lines = from entry in entries
                    let dot = entry.Key.IndexOf('.')
                    group $"{entry.Key[(dot + 1)..]}: {JsonSerializer.Serialize(entry.Value.Value)}" by dot < 0 ? "" : entry.Key[..dot];
        var yaml = string.Join('\n', lines.OrderBy(group => group.Key, StringComparer.Ordinal)
            .SelectMany(group => group.Key.Length == 0 ? group : group.Select(line => $"  {line}").Prepend($"{group.Key}:")));
        return new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).Build().Deserialize<TrainingOptions?>(yaml)
            ?? new TrainingOptions();
    }
}
