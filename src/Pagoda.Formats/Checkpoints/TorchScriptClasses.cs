using System.Text;
using System.Text.RegularExpressions;

namespace Pagoda.Formats.Checkpoints;

/// <summary>
/// Which attributes of a TorchScript module are parameters and buffers, as its generated source says in
/// <c>__parameters__</c> and <c>__buffers__</c>; the rest is not part of its state dict.
/// </summary>
internal sealed partial class TorchScriptClasses(ZipDirectory zip, string root)
{
    private const long MaximumSource = 1 << 24;

    private readonly Dictionary<PickleGlobal, HashSet<string>> weights = [];
    private readonly HashSet<string> readModules = [];

    /// <summary>Whether an object is a module that TorchScript compiled.</summary>
    public static bool IsModule(PickleObject value) => value.Type.Module == "__torch__" || value.Type.Module.StartsWith("__torch__.", StringComparison.Ordinal);

    /// <summary>Whether an attribute belongs to the state dict; true for classes whose source is missing.</summary>
    public bool IsWeight(PickleGlobal type, string attribute)
    {
        if (readModules.Add(type.Module) && zip.Entries.TryGetValue($"{root}code/{type.Module.Replace('.', '/')}.py", out var source))
        {
            Parse(type.Module, Encoding.UTF8.GetString(zip.Read(source, MaximumSource)));
        }

        return !weights.TryGetValue(type, out var names) || names.Contains(attribute);
    }

    private void Parse(string module, string source)
    {
        HashSet<string>? names = null;
        foreach (var line in source.Split('\n'))
        {
            if (ClassLine().Match(line) is { Success: true } declaration)
            {
                names = null;
                if (declaration.Groups[2].Value == "Module")
                {
                    weights[new PickleGlobal(module, declaration.Groups[1].Value)] = names = [];
                }
            }
            else if (WeightsLine().IsMatch(line))
            {
                names?.UnionWith(QuotedName().Matches(line).Select(match => match.Groups[1].Value));
            }
        }
    }

    [GeneratedRegex(@"^class (\w+)\((\w*)\):", RegexOptions.CultureInvariant)]
    private static partial Regex ClassLine();

    [GeneratedRegex(@"^  __(parameters|buffers)__ = \[", RegexOptions.CultureInvariant)]
    private static partial Regex WeightsLine();

    [GeneratedRegex("\"([^\"]*)\"", RegexOptions.CultureInvariant)]
    private static partial Regex QuotedName();
}
