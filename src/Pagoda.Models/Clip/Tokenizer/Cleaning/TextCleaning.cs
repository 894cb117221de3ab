namespace Pagoda.Models.Clip.Tokenizer.Cleaning;

/// <summary>What happens to a text before it is cut into words (openai/CLIP, <c>clip/simple_tokenizer.py</c>).</summary>
public static class TextCleaning
{
    /// <summary>
    /// Repairs broken text, resolves HTML entities twice, collapses white space and turns the text into lower case.
    /// </summary>
    /// <param name="text">Any text; lone surrogates become U+FFFD.</param>
    /// <param name="repair">Whether to repair first, see <see cref="TextRepair"/>: CLIP does, CLIP-GEN does not.</param>
    public static string Clean(string text, bool repair = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        var cleaned = repair ? TextRepair.Repair(text) : text;
        cleaned = HtmlEntities.Unescape(HtmlEntities.Unescape(cleaned));
        return PythonText.Lower(PythonText.CollapseSpaces(cleaned));
    }
}
