using Pagoda.Formats.Images;
using Pagoda.Generation.Pixels;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Generation.Prompts;

/// <summary>Turns prompts into the direction that pictures are drawn towards.</summary>
public static class PromptTarget
{
    /// <summary>The weight of a negative prompt: what CLIPDraw gives its negative prompts (kvfrans/clipdraw).</summary>
    public const double NegativeWeight = -0.3;

    /// <summary>
    /// The embedding to paint: the weighted sum of the parts' embeddings, divided by its length. The cosine with it ranks
    /// pictures as the weighted sum of the cosines does.
    /// </summary>
    /// <param name="model">CLIP.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="prompt">What is wanted.</param>
    /// <param name="negative">What is not.</param>
    /// <param name="textShift">Added to the embedding of each text, <c>[1, embed]</c>, and not to those of pictures; null for nothing.</param>
    /// <returns><c>[1, embed]</c> of length 1, on the model's device.</returns>
    /// <exception cref="GenerationException">The parts cancel out, or a picture cannot be read.</exception>
    public static Tensor Embed(ClipModel model, ClipTokenizer tokenizer, Prompt prompt, Prompt? negative = null, Tensor? textShift = null)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var terms = prompt.Terms.Concat(negative?.Terms.Select(term => term with { Weight = term.Weight * NegativeWeight }) ?? []).ToList();
        var sum = Ops.Zeros([1, model.Config.EmbedDim], ScalarType.Float32, device: model.Device);
        foreach (var term in terms)
        {
            var embedding = Embed(model, tokenizer, term);
            sum += (term.IsPicture || textShift is null ? embedding : embedding + textShift) * term.Weight;
        }

        if (terms.Sum(term => Math.Abs(term.Weight)) == 0 || sum.LinalgVectorNorm().ToDouble() < 1e-6)
        {
            throw new GenerationException($"The weights of the prompt \"{prompt}\" leave nothing to paint; give one part a weight above 0.");
        }

        return scope.Keep(ClipModel.Normalize(sum));
    }

    private static Tensor Embed(ClipModel model, ClipTokenizer tokenizer, PromptTerm term)
    {
        if (!term.IsPicture)
        {
            var length = model.Config.Text.ContextLength;
            return model.EncodeText(Tensor.From(tokenizer.Tokenize(term.Content, length), 1, length).To(device: model.Device));
        }

        try
        {
            var picture = PicturePixels.Square(PictureFile.Load(term.Content), model.Config.Vision.ImageSize);
            return model.EncodeImage(PicturePixels.ToTensor(picture, model.Device));
        }
        catch (PictureException problem)
        {
            throw new GenerationException($"The prompt's picture cannot be used: {problem.Message}", problem);
        }
    }
}
