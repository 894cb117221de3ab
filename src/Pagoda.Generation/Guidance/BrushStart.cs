using Pagoda.Generation.Recipes;
using Pagoda.Torch;

namespace Pagoda.Generation.Guidance;

/// <summary>What a brush begins with.</summary>
/// <param name="Request">What to paint.</param>
/// <param name="Recipe">How.</param>
/// <param name="Guides">Who guides.</param>
/// <param name="Size">Side of the picture in pixels.</param>
/// <param name="Generator">The painting's randomness.</param>
/// <param name="Picture">The picture to begin with, <c>[1, 3, size, size]</c>, where it is known already.</param>
public sealed record BrushStart(GenerationRequest Request, Recipe Recipe, IReadOnlyList<Guide> Guides, int Size, Generator Generator, Tensor? Picture = null);
