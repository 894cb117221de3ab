namespace Pagoda.Evaluation.Features;

/// <summary>One look of a network at all pictures of a pass.</summary>
/// <param name="Network">The network's place in the pass's list.</param>
/// <param name="Blur">Standard deviation in pixels of the blur before it.</param>
/// <param name="Rows">Whether each picture's features are kept, 4 bytes a number, and not only their mean and covariance.</param>
/// <param name="Classes">Whether each picture's logits are kept.</param>
public sealed record FeatureLane(int Network, double Blur = 0, bool Rows = false, bool Classes = false);
