using Pagoda.Models.Gpt;
using Pagoda.Torch;

namespace Pagoda.Generation.ClipGen;

/// <summary>A sequence that beam search found.</summary>
/// <param name="Tokens">Its tokens.</param>
/// <param name="LogLikelihood">The logarithm of its probability under the (guided) model.</param>
public sealed record Beam(IReadOnlyList<long> Tokens, double LogLikelihood);

/// <summary>
/// Looks for the most likely sequences: at every token the best continuations of all beams together are kept. For
/// pictures the most likely are often dull; CLIP-GEN's paper mentions it beside top-k and top-p sampling.
/// </summary>
public sealed class BeamSearch : ITokenDrawing
{
    private readonly GptModel _model;
    private readonly Tensor _condition;
    private readonly int _keep;
    private readonly int _length;
    private readonly GuidedDecoder _decoder;

    /// <summary>Prepares to search; nothing is computed yet.</summary>
    /// <param name="model">The transformer, which must live longer.</param>
    /// <param name="condition"><c>[1, C]</c>.</param>
    /// <param name="beams">Sequences kept; 1 is greedy.</param>
    /// <param name="tokens">Tokens of a sequence; the model's block where null.</param>
    /// <param name="guidance">See <see cref="SamplingOptions.Guidance"/>.</param>
    /// <exception cref="GenerationException">A number is out of range, or the model cannot do it.</exception>
    public BeamSearch(GptModel model, Tensor condition, int beams, int? tokens = null, double guidance = 1)
    {
        _length = tokens ?? model.Config.BlockSize;
        new SamplingOptions { Guidance = guidance }.Check();
        TokenSampler.CheckGuidance(model.Config, guidance);
        if (beams < 1 || _length < 1 || _length > model.Config.BlockSize)
        {
            throw new GenerationException($"{beams} beams of {_length} tokens cannot be searched; ask for at least one beam and 1 to {model.Config.BlockSize} tokens.");
        }

        (_model, _keep) = (model, beams);
        _decoder = new GuidedDecoder(model, 1, guidance);
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        _condition = TensorScope.Release(condition.Detach().To(device: model.Device).Clone());
    }

    /// <summary>The beams so far, most likely first.</summary>
    public IReadOnlyList<Beam> Beams { get; private set; } = [new([], 0)];

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyList<long>> Rows => [.. Beams.Select(beam => beam.Tokens)];

    /// <inheritdoc/>
    public IReadOnlyList<double> LogLikelihoods => [.. Beams.Select(beam => beam.LogLikelihood)];

    /// <summary>Searches to the end.</summary>
    /// <param name="model">The transformer.</param>
    /// <param name="condition"><c>[1, C]</c>.</param>
    /// <param name="beams">Sequences kept; 1 is greedy.</param>
    /// <param name="tokens">Tokens of a sequence; the model's block where null.</param>
    /// <param name="guidance">See <see cref="SamplingOptions.Guidance"/>.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The beams, most likely first.</returns>
    /// <exception cref="GenerationException">A number is out of range, or the model cannot do it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyList<Beam> Search(
        GptModel model, Tensor condition, int beams, int? tokens = null, double guidance = 1, CancellationToken cancellationToken = default)
    {
        using var search = new BeamSearch(model, condition, beams, tokens, guidance);
        foreach (var _ in search.Run(cancellationToken))
        {
        }

        cancellationToken.ThrowIfCancellationRequested();
        return search.Beams;
    }

    /// <inheritdoc/>
    public IEnumerable<int> Run(CancellationToken cancellationToken = default)
    {
        for (var position = Beams[0].Tokens.Count; position < _length && !cancellationToken.IsCancellationRequested; position++)
        {
            Step(position);
            yield return position + 1;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _decoder.Dispose();
        _condition.Dispose();
    }

    private void Step(int position)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var logits = position == 0
            ? _decoder.Begin(_condition)
            : _decoder.Next(Tensor.From([.. Beams.Select(beam => beam.Tokens[^1])]).To(device: _model.Device));
        var scores = Tensor.From([.. Beams.Select(beam => beam.LogLikelihood)], Beams.Count, 1).To(device: logits.Device);
        var all = (logits.LogSoftmax(-1).To(ScalarType.Float64) + scores).Flatten();
        var (values, indices) = all.Topk(Math.Min(_keep, all.Elements), -1, largest: true, sorted: true);
        var vocabulary = logits.Size(1);
        var (likelihoods, places) = (values.ToArray<double>(), indices.ToArray<long>());
        _decoder.Select(indices.FloorDivide(vocabulary));
        Beams = [.. places.Select((place, i) => new Beam([.. Beams[(int)(place / vocabulary)].Tokens, place % vocabulary], likelihoods[i]))];
    }
}
