using System.Globalization;

namespace Pagoda.Evaluation.Sets;

/// <summary>A measure of a set of pictures by its name: <c>fid</c>, <c>fid-4</c>, <c>kid</c>, and so on.</summary>
/// <param name="Name">As it is typed and reported.</param>
/// <param name="Blur">Standard deviation of the blur of <c>fid-k</c>, in pixels; 0 for all others.</param>
public sealed record SetMeasure(string Name, double Blur = 0)
{
    /// <summary>The names by themselves.</summary>
    public const string Fid = "fid", Kid = "kid", InceptionScore = "is", Precision = "precision", Recall = "recall", Diversity = "lpips", Similarity = "clipsim", Retrieval = "retrieval", Likelihood = "caps";

    private const string Blurred = Fid + "-";
    private static readonly string[] s_names = [Fid, Kid, InceptionScore, Precision, Recall, Diversity, Similarity, Retrieval, Likelihood];

    /// <summary>Every name, for messages.</summary>
    public static string Names => string.Join(", ", s_names.Take(1).Append($"{Fid}-K with K in pixels").Concat(s_names.Skip(1)));

    /// <summary>Whether it compares with real pictures.</summary>
    public bool NeedsReference => IsFid || Name is Kid or Precision or Recall;

    /// <summary>Whether it needs the features of each real picture, and not only their moments.</summary>
    public bool NeedsReferenceRows => Name is Kid or Precision or Recall;

    /// <summary>Whether it is taken in a feature network.</summary>
    public bool NeedsFeatures => NeedsReference || Name == InceptionScore;

    /// <summary>Whether it holds pictures against their captions.</summary>
    public bool NeedsCaptions => Name is Diversity or Similarity or Retrieval or Likelihood;

    /// <summary>Whether a CLIP judges.</summary>
    public bool NeedsClip => Name is Similarity or Retrieval;

    /// <summary>Whether it is the Fréchet distance, blurred or not.</summary>
    public bool IsFid => Name == Fid || Blur > 0;

    /// <summary>Reads a name.</summary>
    /// <exception cref="FormatException">There is no such measure.</exception>
    public static SetMeasure Parse(string text) =>
        s_names.Contains(text) ? new SetMeasure(text)
        : text.StartsWith(Blurred, StringComparison.Ordinal) && double.TryParse(text.AsSpan(Blurred.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var blur) && blur is > 0 and <= 64
            ? new SetMeasure(string.Create(CultureInfo.InvariantCulture, $"{Blurred}{blur}"), blur)
            : throw new FormatException($"there is no measure {text}; there are {Names}");
}
