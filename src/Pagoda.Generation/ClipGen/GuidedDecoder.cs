using Pagoda.Models.Gpt;
using Pagoda.Torch;

namespace Pagoda.Generation.ClipGen;

/// <summary>
/// A decoder under classifier-free guidance: each sequence runs twice in one batch, with its condition and with zeros in
/// its place, and the logits are mixed. Without guidance each runs once.
/// </summary>
internal sealed class GuidedDecoder : IDisposable
{
    private readonly GptDecoder _decoder;
    private readonly double _guidance;

    public GuidedDecoder(GptModel model, long sequences, double guidance, bool? ownKernels = null, PackedDecoder? packed = null)
    {
        _guidance = guidance;
        _decoder = new GptDecoder(model, IsGuided ? 2 * sequences : sequences, ownKernels, packed);
    }

    private bool IsGuided => _guidance != 1;

    public Tensor Begin(Tensor condition)
    {
        using var scope = new TensorScope();
        return scope.Keep(Mix(_decoder.Begin(IsGuided ? Ops.Cat([condition, Ops.ZerosLike(condition)], 0) : condition)));
    }

    public Tensor Next(Tensor tokens)
    {
        using var scope = new TensorScope();
        return scope.Keep(Mix(_decoder.Next(IsGuided ? Ops.Cat([tokens, tokens], 0) : tokens)));
    }

    public void Select(Tensor rows)
    {
        using var scope = new TensorScope();
        _decoder.Select(IsGuided ? Ops.Cat([rows, rows.Add(_decoder.Sequences / 2)], 0) : rows);
    }

    public void Dispose() => _decoder.Dispose();

    private Tensor Mix(Tensor logits)
    {
        if (!IsGuided)
        {
            return logits;
        }

        var halves = logits.Chunk(2, 0);
        return halves[1] + (halves[0] - halves[1]) * _guidance;
    }
}
