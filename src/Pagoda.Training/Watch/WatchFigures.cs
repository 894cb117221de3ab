namespace Pagoda.Training.Watch;

/// <summary>What a look at the model found.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Accuracy">Share of the watched pictures whose own class is the nearest.</param>
/// <param name="AttackedAccuracy">The same on pictures that an attack of ten steps has moved.</param>
/// <param name="Seconds">What the look took.</param>
public sealed record WatchFigures(long Step, double Accuracy, double AttackedAccuracy, double Seconds);

/// <summary>The model with weights (1 - α)·start + α·tuned (WiSE-FT: Wortsman et al. 2022, arXiv 2109.01903).</summary>
/// <param name="Alpha">α: 0 is the beginning, 1 the end.</param>
/// <param name="Accuracy">As in <see cref="WatchFigures"/>.</param>
/// <param name="AttackedAccuracy">As in <see cref="WatchFigures"/>.</param>
public sealed record InterpolationPoint(double Alpha, double Accuracy, double AttackedAccuracy);
