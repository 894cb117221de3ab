using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Training.Watch;

/// <summary>Classes as CLIP knows them without examples: the mean of a name's embeddings in several sentences (Radford et al. 2021, section 3.1.4).</summary>
public static class ZeroShotClasses
{
    /// <summary>The classes' embeddings, <c>[C, embed]</c> of length 1, on the model's device.</summary>
    /// <param name="model">The model; nothing of it changes.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="names">The classes' names.</param>
    /// <param name="templates">Sentences in which <c>{}</c> stands for a name; <c>{}</c> alone takes names as they are.</param>
    public static Tensor Embeddings(ClipModel model, ClipTokenizer tokenizer, IReadOnlyList<string> names, IReadOnlyList<string> templates)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var length = model.Config.Text.ContextLength;
        var means = new List<Tensor>();
        foreach (var name in names)
        {
            using var part = new TensorScope();
            string[] texts = [.. templates.Select(template => template.Replace("{}", name, StringComparison.Ordinal))];
            var rows = Tensor.From(tokenizer.Tokenize(texts, length), texts.Length, length).To(device: model.Device);
            means.Add(part.Keep(model.EncodeText(rows).Mean([0], keepdim: true)));
        }

        return scope.Keep(ClipModel.Normalize(Ops.Cat([.. means])));
    }
}
