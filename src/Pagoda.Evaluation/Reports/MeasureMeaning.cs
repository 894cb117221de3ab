namespace Pagoda.Evaluation.Reports;

/// <summary>Which way a measure is better.</summary>
public enum BetterDirection
{
    /// <summary>More is better.</summary>
    Higher,

    /// <summary>Less is better, as of distances.</summary>
    Lower,

    /// <summary>A control, which is neither.</summary>
    Neither,
}

/// <summary>What a measure says, for people who do not know it.</summary>
/// <param name="Name">What a column is called.</param>
/// <param name="Says">A sentence without its full stop; empty where nothing is known of it.</param>
/// <param name="Better">Which way is better; null where only the number itself tells.</param>
public sealed record MeasureMeaning(string Name, string Says, BetterDirection? Better = null)
{
    private static readonly Dictionary<string, MeasureMeaning> s_measures = new(StringComparer.Ordinal)
    {
        ["fid"] = new("FID", "Fréchet distance of the pictures from real ones, in the features of the named network", BetterDirection.Lower),
        ["kid"] = new("KID", "squared maximum mean discrepancy of the named network's features, unbiased for small sets", BetterDirection.Lower),
        ["is"] = new("Inception Score", "how sure and how varied a classifier is of the pictures", BetterDirection.Higher),
        ["precision"] = new("precision", "share of the pictures that lie among the real ones", BetterDirection.Higher),
        ["recall"] = new("recall", "share of the real pictures that lie among the painted ones", BetterDirection.Higher),
        ["lpips"] = new("LPIPS diversity", "perceptual distance between pictures of one prompt", BetterDirection.Higher),
        ["clipsim"] = new("CLIPSIM", "mean cosine of picture and caption, as a CLIP sees them", BetterDirection.Higher),
        ["clip-score"] = new("CLIP score", "mean cosine of picture and prompt, as a CLIP sees them", BetterDirection.Higher),
        ["caps"] = new("CapS", "likelihood of the caption under a captioning model that sees the picture", BetterDirection.Higher),
        ["retrieval"] = new("retrieval", "share of the pictures whose own caption a CLIP finds closest among others", BetterDirection.Higher),
        ["blip-vqa"] = new("BLIP-VQA", "whether a question-answering network finds each thing and what is said of it", BetterDirection.Higher),
        ["unidet-2d"] = new("UniDet", "whether a detector finds the things where the prompt has them", BetterDirection.Higher),
        ["unidet-3d"] = new("UniDet (depth)", "whether a detector with depth finds the things where the prompt has them", BetterDirection.Higher),
        ["unidet-numeracy"] = new("UniDet (counts)", "whether a detector finds as many things as the prompt has", BetterDirection.Higher),
        ["3-in-1"] = new("3-in-1", "mean of the three other judges' scores", BetterDirection.Higher),
        ["seen"] = new("seen", "share of the pictures that show what was asked, for combinations that are trained on", BetterDirection.Higher),
        ["unseen"] = new("unseen", "share of the pictures that show what was asked, for combinations that are never trained on", BetterDirection.Higher),
        ["accuracy"] = new("clean", "share of the pictures that the model sorts rightly as they are", BetterDirection.Higher),
        ["accuracy-pgd"] = new("under PGD", "share that it still sorts rightly when projected gradient ascent moves them", BetterDirection.Higher),
        ["accuracy-strong"] = new("under strong attack", "share that several attacks with restarts do not move either", BetterDirection.Higher),
        ["alignment-concentration"] = new("concentration", "share of the gradient's energy on the objects, over their share of the area; noise has 1", BetterDirection.Higher),
        ["alignment-coarseness"] = new("coarseness", "share of the gradient's energy left of its means over 4 x 4 pixels; noise has 0.0625", BetterDirection.Higher),
        ["alignment-target"] = new("target (judge)", "share of the pictures that the judge takes for what the model's gradient was to make of them", BetterDirection.Higher),
        ["alignment-target-own"] = new("target (model itself)", "share of the same pictures that the model itself takes for it: a control", BetterDirection.Neither),
        ["alignment-target-random"] = new("target (random step)", "share that the judge takes for it after a random step of the same length: a control", BetterDirection.Neither),
    };

    private static readonly Dictionary<string, (string Name, string Says)> s_benchmarks = new(StringComparer.Ordinal)
    {
        ["pictures"] = ("Sets of pictures", "Distances from real pictures, and what judges find of the captions."),
        ["t2i-compbench"] = ("T2I-CompBench", "Prompts about colours, shapes, textures, numbers and places, each category with the judge that its authors chose."),
        ["ms-coco"] = ("MS-COCO captions", "Pictures of captions that people wrote for photographs."),
        ["scenes"] = ("Scenes whose truth is known", "Prompts about colours, numbers and places of emoji. A small network judges that was trained on composed scenes; the dashed line, and the table's last row, are its score on real scenes of the same prompts, which no painter can be expected to exceed."),
        ["robust"] = ("Robust accuracy", "Zero-shot classification of pictures as they are, and of the same pictures moved by attacks within the same radius."),
        ["alignment"] = ("Gradient alignment", "Whether a model's gradient changes in a picture what a person would change, by measures of the gradient itself and by an independent judge of the pictures that it makes."),
    };

    /// <summary>What is known of a measure; a measure with a number behind it, such as <c>fid-4</c>, is that measure with this setting.</summary>
    public static MeasureMeaning Of(string measure)
    {
        if (s_measures.TryGetValue(measure, out var known))
        {
            return known;
        }

        var cut = measure.LastIndexOfAny(['-', '@']);
        return cut > 0 && s_measures.TryGetValue(measure[..cut], out var basic) && double.TryParse(measure[(cut + 1)..], System.Globalization.CultureInfo.InvariantCulture, out _)
            ? basic with { Name = $"{basic.Name}{measure[cut..]}" } : new MeasureMeaning(measure, "");
    }

    /// <summary>A benchmark's name and what it is, as a heading and a sentence; the title itself where it is not known.</summary>
    public static (string Name, string Says) OfBenchmark(string title) => s_benchmarks.GetValueOrDefault(title, (title, ""));
}
