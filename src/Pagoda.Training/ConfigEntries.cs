using Pagoda.Models.Catalogue;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Pagoda.Training;

/// <summary>A value of a configuration and where it stands.</summary>
/// <param name="Value">Its text.</param>
/// <param name="Where">For messages: the file and line, or the setting.</param>
internal sealed record ConfigEntry(string Value, string Where);

/// <summary>A configuration as flat keys, such as <c>optimizer.steps</c>.</summary>
internal static class ConfigEntries
{
    /// <summary>The one key that has keys of the user's own: sources with their weights.</summary>
    public const string Mixture = "data.mixture";

    /// <summary>Every key there is, with its default.</summary>
    public static IReadOnlyDictionary<string, string> Known { get; } = AllKeys();

    /// <summary>Reads YAML; keys without a value are left out.</summary>
    /// <exception cref="InvalidDataException">It is no YAML, or a value is not a single one; the line is named.</exception>
    public static Dictionary<string, ConfigEntry> Parse(string yaml, string name)
    {
        var entries = new Dictionary<string, ConfigEntry>();
        Walk(Root(yaml, name), name, "", (key, value, line) =>
        {
            if (!IsNothing(value))
            {
                entries[key] = new ConfigEntry(value.Value ?? "", $"{name}, line {line}");
            }
        });
        return entries;
    }

    /// <exception cref="InvalidDataException">A key is not known; the nearest that is, is suggested.</exception>
    public static void ThrowIfUnknown(IReadOnlyDictionary<string, ConfigEntry> entries)
    {
        foreach (var (key, entry) in entries)
        {
            if (!Known.ContainsKey(key) && !IsOfMixture(key))
            {
                var last = key[(key.LastIndexOf('.') + 1)..];
                var nearest = Known.Keys.FirstOrDefault(known => known.EndsWith($".{last}", StringComparison.Ordinal)) ?? Spelling.Nearest(key, Known.Keys);
                throw new InvalidDataException($"{entry.Where}: the key {key} is not known{(nearest is null ? "; docs/training.md lists all keys." : $", did you mean {nearest}?")}");
            }
        }
    }

    /// <summary>Whether the key is a source in the mixture, <c>data.mixture.SOURCE</c>.</summary>
    public static bool IsOfMixture(string key) => key.StartsWith($"{Mixture}.", StringComparison.Ordinal) && key.Length > Mixture.Length + 1;

    private static Dictionary<string, string> AllKeys()
    {
        var keys = new Dictionary<string, string> { [Mixture] = "" };
        const string Name = "the defaults";
        Walk(Root(TrainingConfigFile.Write(new TrainingOptions()), Name), Name, "", (key, value, _) => keys[key] = value.Value ?? "");
        return keys;
    }

    private static YamlNode? Root(string yaml, string name)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            return stream.Documents.Count switch
            {
                0 => null,
                1 => stream.Documents[0].RootNode,
                _ => throw new InvalidDataException($"{name}, line {stream.Documents[1].RootNode.Start.Line}: a second document begins; a run has one."),
            };
        }
        catch (YamlException error)
        {
            throw new InvalidDataException($"{name}, line {error.Start.Line}: {(error.InnerException ?? error).Message}", error);
        }
    }

    private static void Walk(YamlNode? node, string name, string path, Action<string, YamlScalarNode, long> visit)
    {
        switch (node)
        {
            case null:
            case YamlScalarNode empty when path.Length == 0 && IsNothing(empty):
                break;
            case YamlMappingNode mapping when path == Mixture || (path.Count(c => c == '.') < 2 && !IsOfMixture(path)):
                foreach (var (key, value) in mapping)
                {
                    Walk(value, name, path.Length == 0 ? key.ToString() : $"{path}.{key}", visit);
                }

                break;
            case YamlScalarNode scalar when path.Length > 0:
                visit(path, scalar, scalar.Start.Line);
                break;
            default:
                throw new InvalidDataException($"{name}, line {node.Start.Line}: {(path.Length == 0 ? "the file" : path)} must {(path.Length == 0 ? "be keys and values" : "have a single value")}.");
        }
    }

    private static bool IsNothing(YamlScalarNode scalar) =>
        scalar.Style is ScalarStyle.Plain && scalar.Value is null or "" or "~" or "null" or "Null" or "NULL";
}
