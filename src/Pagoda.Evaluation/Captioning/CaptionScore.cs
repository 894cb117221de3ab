using Pagoda.Formats.Images;

namespace Pagoda.Evaluation.Captioning;

/// <summary>What a captioner is worth as a judge: how it tells the captions of pictures that are known to show them from others.</summary>
/// <param name="Own">Mean log-likelihood of a token of the true captions, in nats: what painted pictures cannot be expected to exceed.</param>
/// <param name="Others">The same of other pictures' captions: what a picture that has nothing to do with its caption gets.</param>
/// <param name="Found">Share of pictures whose own caption is the likeliest of <paramref name="Choices"/>.</param>
/// <param name="Choices">Captions that each picture had to choose from, its own among them; by chance it finds one in so many.</param>
public sealed record CaptionerAccuracy(Interval Own, Interval Others, Interval Found, int Choices);

/// <summary>
/// CapS: how likely a captioner finds the caption of a picture that was painted for it, CogView's caption score (Ding et al. 2021, arXiv 2105.13290, section 3.3 and figure 9) with its sign turned, so that more is better:
/// the mean over pictures of 1/|t| · Σᵢ log p(tᵢ | x, t₀…tᵢ₋₁), the caption's end among its tokens. Numbers of different captioners cannot be compared.
/// </summary>
public static class CaptionScore
{
    /// <summary>The measure's name in reports.</summary>
    public const string Measure = "caps";

    private const ulong Seed = 7;

    /// <summary>Scores pictures.</summary>
    /// <param name="captioner">The captioner.</param>
    /// <param name="pictures">The pictures.</param>
    /// <param name="captions">What each was painted for.</param>
    /// <returns>A score a picture, in nats a token; 0 at most.</returns>
    /// <exception cref="ArgumentException">There are not as many captions as pictures, or the captioner cannot read one.</exception>
    /// <exception cref="InvalidDataException">The captioner gave too few likelihoods, or some that are no numbers.</exception>
    public static IReadOnlyList<double> Of(ICaptioner captioner, IReadOnlyList<Picture> pictures, IReadOnlyList<string> captions)
    {
        var scores = captioner.LogLikelihoods(pictures, captions);
        return scores.Count == pictures.Count && scores.All(double.IsFinite)
            ? scores
            : throw new InvalidDataException($"The captioner {captioner.Name} gave {scores.Count(double.IsFinite)} likelihoods for {pictures.Count} pictures.");
    }

    /// <summary>Measures the captioner itself, on pictures that are known to show what their captions say.</summary>
    /// <param name="captioner">The captioner.</param>
    /// <param name="pictures">Real pictures, which it was not trained on.</param>
    /// <param name="captions">Their captions.</param>
    /// <param name="choices">Captions that each picture chooses from: its own and those of the pictures after it, around the end to the first.</param>
    /// <param name="cancel">Ends it between captions.</param>
    /// <exception cref="ArgumentException">There are fewer different captions than choices, or not as many captions as pictures.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static CaptionerAccuracy Check(ICaptioner captioner, IReadOnlyList<Picture> pictures, IReadOnlyList<string> captions, int choices = 20, CancellationToken cancel = default)
    {
        if (pictures.Count != captions.Count)
        {
            throw new ArgumentException($"{pictures.Count} pictures have {captions.Count} captions; each needs one.", nameof(captions));
        }

        if (choices < 2 || captions.Distinct(StringComparer.Ordinal).Count() < choices)
        {
            throw new ArgumentException($"A choice of {choices} needs 2 or more and as many different captions; there are {captions.Distinct(StringComparer.Ordinal).Count()}.", nameof(choices));
        }

        // A caption that is the picture's own, word by word, is no wrong one.
        var others = captions.Select((own, at) => Enumerable.Range(1, captions.Count - 1).Select(away => captions[(at + away) % captions.Count]).Where(other => other != own).Distinct(StringComparer.Ordinal).Take(choices - 1).ToArray()).ToArray();
        var mine = Of(captioner, pictures, captions);
        var wrong = new List<IReadOnlyList<double>>();
        for (var turn = 0; turn < choices - 1; turn++)
        {
            cancel.ThrowIfCancellationRequested();
            wrong.Add(Of(captioner, pictures, [.. others.Select(list => list[turn])]));
        }

        bool[] found = [.. mine.Select((own, at) => wrong.All(scores => scores[at] < own))];
        return new CaptionerAccuracy(
            Bootstrap.Mean([.. mine.Select(one => (IReadOnlyCollection<double>)[one])], Seed),
            Bootstrap.Mean([.. Enumerable.Range(0, mine.Count).Select(at => (IReadOnlyCollection<double>)[.. wrong.Select(scores => scores[at])])], Seed),
            Bootstrap.Share(found, Seed),
            choices);
    }
}
