using System.Security.Cryptography;
using System.Text;
using Pagoda.Evaluation.Frechet;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Features;

/// <summary>What a lane has of all pictures.</summary>
/// <param name="Statistics">Mean and scatter of the features, float64.</param>
/// <param name="Rows">The features <c>[N, D]</c> float32 in the pictures' order, if they were to be kept.</param>
/// <param name="Classes">The logits <c>[N, classes]</c> float32, if they were to be kept.</param>
public sealed record SeenLane(FeatureStatistics Statistics, Tensor? Rows, Tensor? Classes) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Statistics.Dispose();
        Rows?.Dispose();
        Classes?.Dispose();
    }
}

/// <summary>What a pass knows of its pictures, all of them on every rank.</summary>
/// <param name="Lanes">In the order of the pass's lanes.</param>
/// <param name="Facts">A picture each, in their order.</param>
/// <param name="Painters">SHA-256 of the networks that the pictures' own records name.</param>
public sealed record SeenPictures(IReadOnlyList<SeenLane> Lanes, IReadOnlyList<PictureFacts> Facts, IReadOnlyList<string> Painters) : IDisposable
{
    /// <summary>How many pictures were seen.</summary>
    public int Count => Facts.Count;

    /// <summary>SHA-256 of all files in order (their names do not matter): two sets of equal content have equal ones.</summary>
    public string Content => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(Facts.Select(one => one.Hash)))));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var lane in Lanes)
        {
            lane.Dispose();
        }
    }
}

/// <summary>What is kept of a picture.</summary>
/// <param name="Number">Its place in the source.</param>
/// <param name="Name">What messages call it.</param>
/// <param name="Hash">SHA-256 of its file.</param>
/// <param name="Caption">Its caption, where one is known.</param>
/// <param name="Likelihood">Mean log-likelihood of the caption's tokens, where a captioner looked.</param>
public sealed record PictureFacts(int Number, string Name, string Hash, string? Caption, double? Likelihood = null);
