namespace Pagoda.Cli.Commands.Compare;

/// <summary>A file of prompts, one a line; lines with # are comments, and <c>unseen:</c> marks combinations that are never trained on.</summary>
internal sealed record PromptList(IReadOnlyList<(string Text, bool IsUnseen)> Prompts)
{
    private const string Mark = "unseen:";

    /// <exception cref="InvalidDataException">The file has no prompts.</exception>
    public static PromptList Read(string path)
    {
        (string, bool)[] prompts =
        [
            .. File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')
                .Select(line => line.StartsWith(Mark, StringComparison.Ordinal) ? (line[Mark.Length..].Trim(), true) : (line, false)),
        ];
        return prompts.Length > 0 ? new PromptList(prompts) : throw new InvalidDataException($"{path} has no prompts; write one a line.");
    }
}
