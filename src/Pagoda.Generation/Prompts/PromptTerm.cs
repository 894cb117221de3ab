namespace Pagoda.Generation.Prompts;

/// <summary>One part of a prompt.</summary>
/// <param name="Content">A text, or the path of a picture.</param>
/// <param name="Weight">How much it counts; below 0 the picture is pushed away from it.</param>
/// <param name="IsPicture">Whether <paramref name="Content"/> is a path.</param>
public sealed record PromptTerm(string Content, double Weight = 1, bool IsPicture = false);
