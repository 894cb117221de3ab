namespace Pagoda.Generation.ClipGen;

/// <summary>Sequences of picture tokens that come into being, all of them a token at a time.</summary>
internal interface ITokenDrawing : IDisposable
{
    /// <summary>The sequences, row by row; what is not there yet is missing or 0.</summary>
    IReadOnlyList<IReadOnlyList<long>> Rows { get; }

    /// <summary>For each sequence the logarithm of its probability under the (guided) model.</summary>
    IReadOnlyList<double> LogLikelihoods { get; }

    /// <summary>Goes on to the end, token by token, unless it is cancelled.</summary>
    /// <returns>After each token, how many there are.</returns>
    IEnumerable<int> Run(CancellationToken cancellationToken = default);
}
