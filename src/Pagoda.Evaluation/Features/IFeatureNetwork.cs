using Pagoda.Formats.Images;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Features;

/// <summary>A network that turns pictures into the numbers that sets of them are compared by.</summary>
public interface IFeatureNetwork : IDisposable
{
    /// <summary>What protocols call it, such as <c>inception-fid</c>.</summary>
    string Name { get; }

    /// <summary>SHA-256 of its weights, lower-case hexadecimal.</summary>
    string Weights { get; }

    /// <summary>How pictures are brought to its size, such as <c>pytorch-fid</c>.</summary>
    string Resizer { get; }

    /// <summary>Whether it names classes too, so that an Inception Score can be taken.</summary>
    bool HasClasses { get; }

    /// <summary>The features of pictures.</summary>
    /// <param name="pictures">RGB pictures of any sizes, at least one; each is brought to the network's size by itself.</param>
    /// <param name="blur">Standard deviation in pixels of the Gaussian that each is blurred with before; 0 for none.</param>
    /// <returns><c>[N, D]</c> on the network's device, in the current scope.</returns>
    Tensor Features(IReadOnlyList<Picture> pictures, double blur);

    /// <summary>The classes' logits of features.</summary>
    /// <param name="features">What <see cref="Features"/> gave.</param>
    /// <returns><c>[N, classes]</c>.</returns>
    /// <exception cref="InvalidOperationException">It names none.</exception>
    Tensor Classes(Tensor features);
}
