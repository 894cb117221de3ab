namespace Pagoda.Formats.Images;

/// <summary>A text kept in a PNG file, such as the <c>parameters</c> of a painted picture.</summary>
/// <param name="Keyword">What it is: 1 to 79 printable Latin-1 characters, no space at either end or two in a row.</param>
/// <param name="Text">What it says: anything but NUL.</param>
public sealed record PngText(string Keyword, string Text);
