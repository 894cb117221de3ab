using Pagoda.Evaluation.Classifier;
using Pagoda.Evaluation.Frechet;
using Pagoda.Evaluation.Retrieval;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Comparison;

/// <summary>What one picture was found to be.</summary>
/// <param name="Retrieved">Whether its caption came first among 100.</param>
/// <param name="Named">Whether the classifier named its thing; null for pictures of two things, and of things that it has no name for.</param>
public sealed record PictureFinding(bool Retrieved, bool? Named);

/// <summary>
/// Two networks that have no part in the painting, and the real scenes that paintings are held against: a classifier whose
/// pooled layer the Fréchet distance is taken in, and a CLIP of another architecture that looks for the captions.
/// </summary>
public sealed class SceneJudges : IDisposable
{
    private const int AtOnce = 100;
    private readonly SceneClassifier _classifier;
    private readonly LoadedClip _clip;
    private readonly IReadOnlyList<ScenePrompt> _prompts;
    private readonly Tensor _captions;
    private readonly FeatureStatistics _reference = new();
    private readonly ulong _seed;

    /// <summary>Lets the judges see the captions and the reference.</summary>
    /// <param name="classifier">The classifier; stays the caller's.</param>
    /// <param name="clip">The CLIP; stays the caller's.</param>
    /// <param name="prompts">What the pictures to be measured are of.</param>
    /// <param name="reference">Other real scenes, <c>[M, 3, 64, 64]</c> in [0, 1].</param>
    /// <param name="seed">Draws the 99 other captions and the resamples of intervals.</param>
    public SceneJudges(SceneClassifier classifier, LoadedClip clip, IReadOnlyList<ScenePrompt> prompts, Tensor reference, ulong seed)
    {
        (_classifier, _clip, _prompts, _seed) = (classifier, clip, prompts, seed);
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        _captions = TensorScope.Release(Ops.Cat([.. prompts.Select(prompt => prompt.Caption).Chunk(AtOnce).Select(captions => clip.EncodeText(captions))]));
        InParts(reference, part => _reference.Add(_classifier.Features(part)));
    }

    /// <summary>Measures a picture for each prompt.</summary>
    /// <param name="model">What made them.</param>
    /// <param name="start">What the paintings started from.</param>
    /// <param name="pictures"><c>[N, 3, 64, 64]</c> in [0, 1], in the order of the prompts.</param>
    /// <exception cref="ArgumentException">There is not one picture for each prompt.</exception>
    public (PictureScore Score, IReadOnlyList<PictureFinding> Findings) Measure(string model, string start, Tensor pictures)
    {
        if (pictures.Size(0) != _prompts.Count)
        {
            throw new ArgumentException($"{pictures.Size(0)} pictures were given for {_prompts.Count} prompts; measure one for each.", nameof(pictures));
        }

        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        List<Tensor> features = [], embeddings = [], classes = [];
        InParts(pictures, part =>
        {
            features.Add(_classifier.Features(part));
            classes.Add(_classifier.Scores(features[^1]).Argmax(-1));
            embeddings.Add(_clip.Model.EncodeImage(part));
        });
        var hits = CaptionRetrieval.Hits(Ops.Cat([.. embeddings]), _captions, _seed);
        var named = Ops.Cat([.. classes]).ToArray<long>();
        var known = _classifier.Classes.ToHashSet();
        PictureFinding[] findings =
        [
            .. _prompts.Select((prompt, i) => new PictureFinding(hits[i], prompt.Names.Count == 1 && known.Contains(prompt.Names[0]) ? _classifier.Classes[(int)named[i]] == prompt.Names[0] : null)),
        ];
        var score = new PictureScore
        {
            Model = model,
            Start = start,
            Count = _prompts.Count,
            Frechet = Bootstrap.Frechet(Ops.Cat([.. features]), _reference, _seed),
            Retrieval = Bootstrap.Share(hits, _seed),
            RetrievalSeen = Bootstrap.Share(Of(false), _seed),
            RetrievalUnseen = Bootstrap.Share(Of(true), _seed),
            Named = Bootstrap.Share([.. findings.Select(finding => finding.Named).OfType<bool>()], _seed),
        };
        return (score, findings);

        bool[] Of(bool unseen) => [.. _prompts.Index().Where(pair => pair.Item.IsUnseen == unseen).Select(pair => hits[pair.Index])];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _captions.Dispose();
        _reference.Dispose();
    }

    private void InParts(Tensor pictures, Action<Tensor> see)
    {
        for (long at = 0; at < pictures.Size(0); at += AtOnce)
        {
            see(pictures.Narrow(0, at, Math.Min(AtOnce, pictures.Size(0) - at)).To(device: _clip.Model.Device));
        }
    }
}
