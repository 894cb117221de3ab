using Pagoda.Formats.Images;

namespace Pagoda.Generation;

/// <summary>What a painting may start from: the closest to the prompt of what was looked at so far.</summary>
/// <param name="Picture">It, as the model sees it.</param>
/// <param name="Energy">Minus the cosine of picture and prompt.</param>
public sealed record ClosestStart(Picture Picture, double Energy);
