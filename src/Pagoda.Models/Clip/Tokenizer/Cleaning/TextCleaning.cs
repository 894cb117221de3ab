namespace Pagoda.Models.Clip.Tokenizer.Cleaning;

/// <summary>What happens to a text before it is cut into words (openai/CLIP, <c>clip/simple_tokenizer.py</c>).</summary>
public static class TextCleaning
{
    /// <summary>Collapses white space and turns the text into lower case.</summary>
    public static string Clean(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return PythonText.Lower(PythonText.CollapseSpaces(text));
    }
}
