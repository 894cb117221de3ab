namespace Pagoda.Generation;

/// <summary>What a step of a painting measured.</summary>
/// <param name="Index">Which picture of the request, from 0.</param>
/// <param name="Step">Steps taken.</param>
/// <param name="Energy">As <see cref="Frame.Energy"/>, of the picture before the step's change.</param>
public readonly record struct StepEnergy(int Index, int Step, double Energy);
