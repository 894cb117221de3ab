using Pagoda.Formats.Images;

namespace Pagoda.Generation;

/// <summary>A moment of a painting.</summary>
public sealed record Frame
{
    /// <summary>Which picture of the request, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The seed of this picture.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Steps taken.</summary>
    public required int Step { get; init; }

    /// <summary>Steps to take in all.</summary>
    public required int Steps { get; init; }

    /// <summary>
    /// Minus the cosine of picture and prompt: of the picture before this step's change, over the step's views; in the last
    /// frame, of the finished picture itself, seen whole.
    /// </summary>
    public required double Energy { get; init; }

    /// <summary>The picture after this step; in the last frame, the one that the recipe chooses.</summary>
    public required Picture Picture { get; init; }

    /// <summary>In the last frame of a drawing, the picture as SVG.</summary>
    public string? Svg { get; init; }

    /// <summary>Whether the energy is the lowest so far.</summary>
    public required bool IsBest { get; init; }

    /// <summary>Whether this is the result, the last frame of this picture.</summary>
    public bool IsLast { get; init; }

    /// <summary>Whether the painting was ended early; only in a last frame.</summary>
    public bool IsInterrupted { get; init; }

    /// <summary>Time since this picture was begun.</summary>
    public required TimeSpan Elapsed { get; init; }
}
