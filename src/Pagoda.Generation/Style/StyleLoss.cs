using Pagoda.Generation.Augment;
using Pagoda.Generation.Guidance;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Generation.Style;

/// <summary>
/// What CLIPstyler minimises (arXiv 2112.00374, section 3): a picture's embedding, and those of its parts, shall move from the original's the way that the style's words lie from the
/// source's; features of the picture shall stay.
/// </summary>
internal sealed class StyleLoss
{
    // Under roots, so that what has not moved at all has a gradient.
    private const double Smallest = 1e-12;

    /// <summary>Sentences around a style's words, whose embeddings are averaged.</summary>
    internal static readonly string[] Templates =
    [
        "{0}", "a picture of {0}", "a picture in the style of {0}", "an image made of {0}", "a rendering of {0}", "artwork that shows {0}", "a close view of {0}", "a large {0}", "a small {0}", "a bright {0}", "a dark {0}",
        "a detailed {0}", "a soft {0}", "{0} in good light", "{0} as decoration", "the texture of {0}",
    ];

    private readonly StyleOptions _options;
    private readonly IReadOnlyList<Critic> _critics;
    private readonly double[] _shares;
    private readonly Tensor[] _directions;
    private readonly Func<Tensor, IReadOnlyList<Tensor>> _features;

    /// <param name="critics">Who judges the style.</param>
    /// <param name="style">The style, in words.</param>
    /// <param name="options">Weights and numbers.</param>
    /// <param name="features">Feature maps of pictures in [0, 1], which keep what they show.</param>
    public StyleLoss(IReadOnlyList<Critic> critics, string style, StyleOptions options, Func<Tensor, IReadOnlyList<Tensor>> features)
    {
        (_options, _critics, _features) = (options, critics, features);
        var weights = critics.Sum(critic => critic.Weight);
        _shares = [.. critics.Select(critic => critic.Weight / weights)];
        using var frozen = GradMode.Disable();
        _directions = [.. critics.Select(critic => Direction(critic, style))];
    }

    /// <summary>What the loss needs of a picture before it is styled, in the current scope.</summary>
    /// <param name="original"><c>[1, 3, S, S]</c> in [0, 1].</param>
    public Original Know(Tensor original)
    {
        using var frozen = GradMode.Disable();
        return new Original([.. _critics.Select(critic => critic.Model.EncodeImage(Seen(critic, original)))], _features(original));
    }

    /// <summary>The loss of a styled picture, part by part.</summary>
    /// <param name="original">What it was before.</param>
    /// <param name="styled"><c>[1, 3, S, S]</c> in [0, 1], with a history.</param>
    /// <param name="generator">Draws the parts that are looked at.</param>
    public Terms Of(Original original, Tensor styled, Generator generator)
    {
        var size = (int)styled.Size(3);
        Tensor? patches = null;
        for (var i = 0; i < _critics.Count; i++)
        {
            var (model, side, before) = (_critics[i].Model, _critics[i].Model.Config.Vision.ImageSize, original.Embeddings[i]);
            var crops = RandomCropResize.Draw(_options.Patches, size, _options.PatchSide, _options.PatchSide, generator);
            var parts = RandomPerspective.Apply(RandomCropResize.Apply(styled, crops, side), RandomPerspective.Draw(_options.Patches, side, generator));
            var some = Rejected(Distance(model.EncodeImage(parts) - before, _directions[i]), _options.Threshold).Mean() * _shares[i];
            patches = patches is null ? some : patches + some;
        }

        var content = original.Features.Zip(_features(styled), (a, b) => (a - b).Square().Sum([1]).Mean()).Aggregate((sum, one) => sum + one);
        return new Terms(Whole(original, styled), patches!, content, Variation(styled));
    }

    /// <summary>The whole picture's distance in direction, 0 to 2.</summary>
    public Tensor Whole(Original original, Tensor styled) =>
        _critics.Select((critic, i) => Distance(critic.Model.EncodeImage(Seen(critic, styled)) - original.Embeddings[i], _directions[i]).Mean() * _shares[i]).Aggregate((sum, one) => sum + one);

    /// <summary>1 minus the cosine of ways that pictures moved <c>[N, E]</c> and a direction <c>[1, E]</c> of length 1: <c>[N]</c>, 1 where nothing moved.</summary>
    internal static Tensor Distance(Tensor moved, Tensor direction) =>
        1 - ((moved * direction).Sum([-1]) / (moved.Square().Sum([-1]) + Smallest).Sqrt());

    /// <summary>Distances, with 0 for those below a threshold: such parts have enough of the style, and pull no more.</summary>
    internal static Tensor Rejected(Tensor distances, double threshold) => distances.MaskedFill(distances.Detach().Lt(threshold), 0);

    /// <summary>The lengths of a picture's differences to the right, below, and along both diagonals, together.</summary>
    internal static Tensor Variation(Tensor pictures)
    {
        long height = pictures.Size(2) - 1, width = pictures.Size(3) - 1;
        Tensor At(long row, long column) => pictures.Narrow(2, row, height).Narrow(3, column, width);
        Tensor[] differences = [pictures.Narrow(3, 1, width) - pictures.Narrow(3, 0, width), pictures.Narrow(2, 1, height) - pictures.Narrow(2, 0, height), At(1, 0) - At(0, 1), At(1, 1) - At(0, 0)];
        return differences.Select(difference => (difference.Square().Sum() + Smallest).Sqrt()).Aggregate((sum, one) => sum + one);
    }

    private static Tensor Seen(Critic critic, Tensor picture) => SeparableSampling.Resize(picture, critic.Model.Config.Vision.ImageSize);

    /// <exception cref="GenerationException">A critic does not tell the style from the source.</exception>
    private Tensor Direction(Critic critic, string style)
    {
        Tensor[] sources = [.. _options.Source.Split('|', StringSplitOptions.TrimEntries).Select(source => Words(critic, source))];
        var difference = Words(critic, style) - ClipModel.Normalize(Ops.Cat(sources).Mean([0], keepdim: true));
        return difference.Square().Sum().ToDouble() > Smallest
            ? ClipModel.Normalize(difference)
            : throw new GenerationException($"The critic cannot tell \"{style}\" from \"{_options.Source}\"; say the style, or what the picture is before, otherwise.");
    }

    private static Tensor Words(Critic critic, string text)
    {
        var length = critic.Model.Config.Text.ContextLength;
        var rows = Templates.Select(template => Tensor.From(critic.Tokenizer.Tokenize(string.Format(System.Globalization.CultureInfo.InvariantCulture, template, text), length), 1, length)).ToArray();
        return ClipModel.Normalize(critic.Model.EncodeText(Ops.Cat(rows).To(device: critic.Model.Device)).Mean([0], keepdim: true));
    }

    /// <summary>A picture before it is styled: its embedding for each critic, and its feature maps.</summary>
    internal sealed record Original(IReadOnlyList<Tensor> Embeddings, IReadOnlyList<Tensor> Features);

    /// <summary>The parts of the loss, each a scalar and not yet weighted.</summary>
    /// <param name="Whole">The whole picture's distance in direction, 0 to 2.</param>
    /// <param name="Patches">The parts' mean distance, where those below the threshold count 0.</param>
    /// <param name="Content">Squared change of the features, over channels summed and over places averaged.</param>
    /// <param name="Variation">How much neighbouring pixels differ.</param>
    internal sealed record Terms(Tensor Whole, Tensor Patches, Tensor Content, Tensor Variation)
    {
        /// <summary>Their weighted sum.</summary>
        public Tensor Sum(StyleOptions options) =>
            (Whole * options.WholeWeight) + (Patches * options.PatchWeight) + (Content * options.ContentWeight) + (Variation * options.VariationWeight);
    }
}
