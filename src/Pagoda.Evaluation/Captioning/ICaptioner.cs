using Pagoda.Formats.Images;

namespace Pagoda.Evaluation.Captioning;

/// <summary>A model that captions pictures, as far as CapS needs it: how likely it finds a given caption.</summary>
public interface ICaptioner
{
    /// <summary>What reports call it.</summary>
    string Name { get; }

    /// <summary>SHA-256 of its weights, lower-case hexadecimal.</summary>
    string Weights { get; }

    /// <summary>The likelihood of captions of pictures.</summary>
    /// <param name="pictures">Pictures of any size; it brings them to its own.</param>
    /// <param name="captions">A caption each.</param>
    /// <returns>For each picture the mean log-likelihood of the caption's tokens, its end among them, in nats: 0 is certain, less is less likely.</returns>
    /// <exception cref="ArgumentException">There are not as many captions as pictures.</exception>
    IReadOnlyList<double> LogLikelihoods(IReadOnlyList<Picture> pictures, IReadOnlyList<string> captions);
}
