using System.Text;

namespace Pagoda.Generation.Prompts;

/// <summary>Names of files that say what is in them.</summary>
public static class FileStem
{
    private const int Longest = 60;

    /// <summary>The prompt's letters and digits in lower case with hyphens between: "a-red-apple".</summary>
    public static string Of(string prompt)
    {
        var stem = new StringBuilder();
        foreach (var letter in prompt.ToLowerInvariant())
        {
            if (char.IsLetterOrDigit(letter))
            {
                stem.Append(letter);
            }
            else if (stem.Length > 0 && stem[^1] != '-')
            {
                stem.Append('-');
            }

            if (stem.Length == Longest)
            {
                break;
            }
        }

        var text = stem.ToString().Trim('-');
        return text.Length > 0 ? text : "picture";
    }
}
