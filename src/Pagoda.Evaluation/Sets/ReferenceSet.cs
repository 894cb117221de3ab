using System.Globalization;
using Pagoda.Evaluation.Features;
using Pagoda.Evaluation.Frechet;
using Pagoda.Evaluation.Pictures;
using Pagoda.Generation.Provenance;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Sets;

/// <summary>What sets are held against: statistics of real pictures, read from a file, found in the cache, or taken now.</summary>
/// <param name="path">An .npz of statistics, or anything that <see cref="PictureSource.Open"/> takes.</param>
public sealed class ReferenceSet(string path)
{
    /// <summary>Whether it is a file of statistics.</summary>
    public bool IsStatistics { get; } = PictureStatistics.IsFile(path);

    /// <summary>The statistics that lanes of networks need.</summary>
    /// <param name="networks">The networks, by device.</param>
    /// <param name="lanes">What is needed; each gives one result.</param>
    /// <param name="options">The batch, the cache and the other processes.</param>
    /// <param name="say">Told in a sentence what is done.</param>
    /// <param name="progress">Told how many pictures of how many have been seen.</param>
    /// <param name="cancel">Ends it between batches.</param>
    /// <exception cref="InvalidDataException">There is no such thing, or the statistics are of another network.</exception>
    /// <exception cref="Formats.Npz.NpzException">A file of statistics is damaged.</exception>
    public IReadOnlyList<PictureStatistics> Of(
        IReadOnlyList<IReadOnlyList<IFeatureNetwork>> networks, IReadOnlyList<FeatureLane> lanes, SetOptions options, Action<string> say, Action<int, int?> progress, CancellationToken cancel)
    {
        if (IsStatistics)
        {
            return [.. lanes.Select(lane => Read(networks[0][lane.Network], lane))];
        }

        var source = PictureSource.Open(path);
        var paths = lanes.Select(lane => options.Cache?.PathOf(source, networks[0][lane.Network], lane.Blur)).ToArray();
        // One process must not find what another has not: all of them look before any writes.
        var found = lanes.Select((lane, i) => StatisticsCache.Find(paths[i], lane.Rows)).ToArray();
        var missing = Enumerable.Range(0, lanes.Count).Where(i => found[i] is null).ToArray();
        if (options.Group is { } group && group.Sum(missing.Length) > 0)
        {
            missing = [.. Enumerable.Range(0, lanes.Count)];
        }

        if (missing.Length == 0)
        {
            say(string.Create(CultureInfo.InvariantCulture, $"reference: statistics of {found[0]!.Moments.Count:N0} pictures of {path} were kept from before ({Path.GetDirectoryName(paths[0])}); --no-cache takes them anew"));
            return [.. found.OfType<PictureStatistics>()];
        }

        say($"reference: {source.Description}");
        var pass = new FeaturePass(networks, [.. missing.Select(i => lanes[i])], options.Batch) { Group = options.Group };
        using var seen = pass.Run(source, done => progress(done, source.Count), cancel);
        if (seen.Count < 2)
        {
            throw TooFew(path);
        }

        for (var k = 0; k < missing.Length; k++)
        {
            var i = missing[k];
            found[i]?.Dispose();
            var network = networks[0][lanes[i].Network];
            using var unowned = TensorScope.Unowned();
            found[i] = new PictureStatistics(
                FeatureMoments.Of(seen.Lanes[k].Statistics),
                new StatisticsOrigin(network.Name, network.Weights, network.Resizer, lanes[i].Blur, seen.Content),
                seen.Lanes[k].Rows?.Clone());
            if (paths[i] is { } file && options.Group is null or { Rank: 0 })
            {
                found[i]!.Write(file, overwrite: true);
            }
        }

        return [.. found.OfType<PictureStatistics>()];
    }

    /// <summary>That a set of one picture cannot be compared.</summary>
    internal static InvalidDataException TooFew(string name) => new($"There is one picture in {name}, and a covariance takes two pictures or more.");

    private PictureStatistics Read(IFeatureNetwork network, FeatureLane lane)
    {
        if (!File.Exists(path))
        {
            throw new InvalidDataException($"There is no {path}; make it with ./run eval stats PICTURES {path}.");
        }

        var read = PictureStatistics.Read(path);
        var trouble = read.Origin is { } origin && (origin.Weights, origin.Resizer, origin.Blur) != (network.Weights, network.Resizer, lane.Blur)
            ? string.Create(CultureInfo.InvariantCulture, $"{path} has statistics of {origin.Network} ({origin.Weights[..10]}, resizer {origin.Resizer}, blur {origin.Blur}), not of {network.Name} ({network.Weights[..10]}, resizer {network.Resizer}, blur {lane.Blur}); make such with ./run eval stats, or name the pictures themselves.")
            : lane.Rows && read.Rows is null ? $"{path} has means and covariances only, and kid, precision and recall compare picture with picture; name the real pictures themselves, or make the file with ./run eval stats --with-features."
            : read.Origin is null && lane.Blur > 0 ? $"{path} does not say that its pictures were blurred by {lane.Blur} pixels; make it with ./run eval stats --blur {lane.Blur}."
            : null;
        if (trouble is null)
        {
            // Files of other programs have no origin; their own hash says which they are.
            return read.Origin is null ? read with { Origin = new StatisticsOrigin("", "", "", 0, FileRecord.Of(path).Sha256) } : read;
        }

        read.Dispose();
        throw new InvalidDataException(trouble);
    }
}
