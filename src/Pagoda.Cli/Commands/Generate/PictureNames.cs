using Pagoda.Generation.Prompts;

namespace Pagoda.Cli.Commands.Generate;

/// <summary>Names for pictures: what was asked for, or else the prompt and the seed.</summary>
/// <param name="prompt">The prompt.</param>
/// <param name="given">The name asked for, or null.</param>
/// <param name="several">Whether there will be more than one picture, so that each name ends in its seed.</param>
/// <param name="force">Whether files may be replaced.</param>
internal sealed class PictureNames(string prompt, string? given, bool several, bool force)
{
    /// <summary>The file of a picture. A name made from the prompt steps aside for a picture or drawing that is there already.</summary>
    public string Of(ulong seed)
    {
        if (given is not null)
        {
            return several ? With(given, $"-{seed}") : given;
        }

        var path = $"{FileStem.Of(prompt)}-{seed}.png";
        for (var copy = 2; !force && (File.Exists(path) || File.Exists(With(path, "", ".svg"))); copy++)
        {
            path = $"{FileStem.Of(prompt)}-{seed}-{copy}.png";
        }

        return path;
    }

    /// <summary>A file beside a picture's, its name followed by a suffix.</summary>
    public static string With(string path, string suffix, string? extension = null) =>
        Path.Combine(Path.GetDirectoryName(path) ?? "", $"{Path.GetFileNameWithoutExtension(path)}{suffix}{extension ?? Path.GetExtension(path)}");

    /// <summary>Refuses, before any work is done, to write over files that were named.</summary>
    /// <exception cref="UsageException">One of them exists.</exception>
    public void Check(IEnumerable<ulong> seeds, params IEnumerable<string?> others)
    {
        var named = (given is null ? [] : seeds.Select(Of)).Concat(others.OfType<string>());
        if (!force && named.FirstOrDefault(File.Exists) is { } there)
        {
            throw new UsageException($"{there} exists already; choose another name, or --force to replace it.");
        }
    }
}
