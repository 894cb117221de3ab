using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Models.Captioner;

/// <summary>A captioner ready for use, with its tokenizer and where it came from.</summary>
public sealed class LoadedCaptioner : LoadedModel
{
    internal LoadedCaptioner(CaptionerModel model, ClipTokenizer tokenizer, string name, string path, IDisposable source)
        : base(name, path, source) => (Model, Tokenizer) = (model, tokenizer);

    /// <summary>The network, its parameters frozen.</summary>
    public CaptionerModel Model { get; }

    /// <summary>Turns captions into the rows that it reads.</summary>
    public ClipTokenizer Tokenizer { get; }

    /// <summary>What the network says of pictures, by the likeliest word each time.</summary>
    /// <param name="pictures"><c>[N, 3, S, S]</c> in [0, 1].</param>
    public IReadOnlyList<string> Caption(Tensor pictures) =>
        [.. Model.Caption(pictures, Tokenizer.StartToken, Tokenizer.EndToken).Select(words => Tokenizer.Decode(words).Trim())];

    private protected override void Free() => Free(Model.Weights);
}
