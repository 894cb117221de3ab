using Pagoda.Models.Gpt;
using Pagoda.Torch;

namespace Pagoda.Generation.ClipGen;

/// <summary>Draws a batch of sequences in parts, each on cores of its own: what <see cref="TokenSampler"/> draws with all.</summary>
internal sealed class SharedSampler : ITokenDrawing
{
    // With fewer, the weights that a core reads for them cost more than the products.
    private const int LeastSequences = 8;
    private readonly TokenSampler[] _parts;
    private readonly PackedDecoder? _packed;

    /// <inheritdoc cref="TokenSampler(GptModel, Tensor, SamplingOptions?, int?)"/>
    public SharedSampler(GptModel model, Tensor conditions, SamplingOptions options)
    {
        var count = (int)conditions.Size(0);
        var parts = SideBySide.Parts(count, LeastSequences, model.Device);
        _packed = parts > 1 ? GptDecoder.Pack(model) : null;
        _parts =
        [
            .. Enumerable.Range(0, parts).Select(part =>
            {
                int from = part * count / parts, to = (part + 1) * count / parts;
                return new TokenSampler(model, conditions.Narrow(0, from, to - from), options with { First = options.First + from }, tokens: null, ownKernels: null, _packed);
            }),
        ];
        Rows = [.. _parts.SelectMany(part => part.Rows)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyList<long>> Rows { get; }

    /// <inheritdoc/>
    public IReadOnlyList<double> LogLikelihoods => [.. _parts.SelectMany(part => part.LogLikelihoods)];

    /// <inheritdoc/>
    public IEnumerable<int> Run(CancellationToken cancellationToken = default)
    {
        while (_parts[0].Length < _parts[0].TokensToDraw && !cancellationToken.IsCancellationRequested)
        {
            SideBySide.Run(_parts.Length, part => _parts[part].Step());
            yield return _parts[0].Length;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_parts, part => part.Dispose());
        _packed?.Dispose();
    }
}
