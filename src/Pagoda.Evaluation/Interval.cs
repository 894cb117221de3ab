namespace Pagoda.Evaluation;

/// <summary>A measured number and the interval in which it would lie in 95 of 100 repetitions with other samples.</summary>
/// <param name="Value">The number.</param>
/// <param name="Low">The interval's lower end; NaN where there are too few samples for an interval, or none was asked for.</param>
/// <param name="High">The interval's upper end; NaN likewise.</param>
public sealed record Interval(double Value, double Low, double High);
