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
public static class BeamSearch
{
    /// <summary>Searches.</summary>
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
        var length = tokens ?? model.Config.BlockSize;
        new SamplingOptions { Guidance = guidance }.Check();
        TokenSampler.CheckGuidance(model.Config, guidance);
        if (beams < 1 || length < 1 || length > model.Config.BlockSize)
        {
            throw new GenerationException($"{beams} beams of {length} tokens cannot be searched; ask for at least one beam and 1 to {model.Config.BlockSize} tokens.");
        }

        using var frozen = GradMode.Disable();
        using var decoder = new GuidedDecoder(model, 1, guidance);
        List<Beam> best = [new([], 0)];
        for (var position = 0; position < length; position++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            var logits = position == 0
                ? decoder.Begin(condition)
                : decoder.Next(Tensor.From([.. best.Select(beam => beam.Tokens[^1])]).To(device: model.Device));
            best = Continue(best, logits, beams, decoder);
        }

        return best;
    }

    private static List<Beam> Continue(List<Beam> beams, Tensor logits, int keep, GuidedDecoder decoder)
    {
        var scores = Tensor.From([.. beams.Select(beam => beam.LogLikelihood)], beams.Count, 1).To(device: logits.Device);
        var all = (logits.LogSoftmax(-1).To(ScalarType.Float64) + scores).Flatten();
        var (values, indices) = all.Topk(Math.Min(keep, all.Elements), -1, largest: true, sorted: true);
        var vocabulary = logits.Size(1);
        var (likelihoods, places) = (values.ToArray<double>(), indices.ToArray<long>());
        decoder.Select(indices.FloorDivide(vocabulary));
        return [.. places.Select((place, i) => new Beam([.. beams[(int)(place / vocabulary)].Tokens, place % vocabulary], likelihoods[i]))];
    }
}
