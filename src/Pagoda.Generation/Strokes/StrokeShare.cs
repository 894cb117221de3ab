namespace Pagoda.Generation.Strokes;

/// <summary>What a picture would lose without one of its shapes.</summary>
/// <param name="Sum">The changes of all numbers of the picture, without their signs, added up.</param>
/// <param name="Largest">The largest of them.</param>
public readonly record struct StrokeShare(double Sum, float Largest);
