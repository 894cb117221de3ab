using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Models.Clip;

/// <summary>A CLIP model ready for use, with its tokenizer and where it came from.</summary>
public sealed class LoadedClip : LoadedModel
{
    internal LoadedClip(ClipModel model, ClipTokenizer tokenizer, string name, string path, IDisposable source)
        : base(name, path, source) => (Model, Tokenizer) = (model, tokenizer);

    /// <summary>The model, its parameters frozen.</summary>
    public ClipModel Model { get; }

    /// <summary>Turns texts into the rows that <see cref="ClipModel.EncodeText"/> takes.</summary>
    public ClipTokenizer Tokenizer { get; }

    /// <summary>The embeddings of texts: <c>[N, embed]</c> of length 1, on the model's device.</summary>
    public Tensor EncodeText(params IReadOnlyList<string> texts)
    {
        using var scope = new TensorScope();
        var length = Model.Config.Text.ContextLength;
        var rows = Tensor.From(Tokenizer.Tokenize(texts, length), texts.Count, length);
        return scope.Keep(Model.EncodeText(rows.To(device: Model.Device)));
    }

    private protected override void Free() => Free(Model.Weights);
}
