using System.Globalization;
using System.Text.Json.Nodes;
using Pagoda.Evaluation.Benchmarks;
using Pagoda.Evaluation.Features;
using Pagoda.Evaluation.Frechet;
using Pagoda.Evaluation.Pictures;
using Pagoda.Evaluation.Reports;
using Pagoda.Evaluation.Retrieval;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Sets;

/// <summary>Measures a set of pictures in one pass, each number with its protocol, interval and warnings.</summary>
/// <param name="judges">The networks; stay the caller's.</param>
/// <param name="options">What is measured.</param>
public sealed class SetMeasuring(SetJudges judges, SetOptions options)
{
    // Wider features get their Fréchet interval from ten eigendecompositions, narrower ones from a bootstrap.
    private const int WidestForBootstrap = 512;
    private const int Neighbours = 3;

    private readonly IReadOnlyList<IReadOnlyList<IFeatureNetwork>> _networks = judges.Networks;

    /// <summary>Measures.</summary>
    /// <param name="source">The pictures.</param>
    /// <param name="reference">What they are held against; needed by some measures.</param>
    /// <param name="say">Told in a sentence what is done.</param>
    /// <param name="progress">Told what is under way and how many pictures of how many it has seen.</param>
    /// <param name="cancel">Ends it between batches.</param>
    /// <exception cref="InvalidDataException">Something is missing that a measure needs; the message says what.</exception>
    /// <exception cref="Formats.Images.PictureException">A picture cannot be read; it is named.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<Measurement> Of(PictureSource source, ReferenceSet? reference, Action<string> say, Action<string, int, int?> progress, CancellationToken cancel)
    {
        if (reference is null && options.Measures.FirstOrDefault(measure => measure.NeedsReference) is { } lonely)
        {
            throw new InvalidDataException($"{lonely.Name} compares with real pictures; name them, or an .npz of their statistics, with --reference.");
        }

        var lanes = Lanes();
        List<FeatureLane> compared = [.. lanes.Where(lane => lane.Network < judges.Features[0].Count && options.Measures.Any(measure => measure.NeedsReference && measure.Blur == lane.Blur))];
        var statistics = compared.Count == 0 ? [] : reference!.Of(
            _networks,
            [.. compared.Select(lane => lane with { Rows = lane.Blur == 0 && options.Measures.Any(measure => measure.NeedsReferenceRows), Classes = false })],
            options,
            say,
            (done, of) => progress("reference", done, of),
            cancel);
        try
        {
            say($"pictures: {source.Description}");
            var diversity = judges.Lpips is { } lpips ? new CaptionDiversity(lpips.Distance, judges.Devices[0]) : null;
            var pass = new FeaturePass(_networks, lanes, options.Batch)
            {
                Group = options.Group,
                Captions = options.Captions,
                Captioner = judges.Captioner,
                Look = diversity is null ? null : pictures =>
                {
                    foreach (var picture in pictures)
                    {
                        diversity.Add(picture, options.Captions is { } given ? given[picture.Number] : picture.Caption);
                    }
                },
            };
            using var seen = pass.Run(source, done => progress("pictures", done, source.Count), cancel);
            diversity?.End();
            cancel.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            var held = compared.Select((lane, i) => (lane, statistics[i])).ToDictionary(one => (one.lane.Network, one.lane.Blur), one => one.Item2);
            return [.. Measured(new Finding(source, seen, lanes, held, diversity), say, cancel)];
        }
        finally
        {
            foreach (var one in statistics)
            {
                one.Dispose();
            }
        }
    }

    private List<FeatureLane> Lanes()
    {
        var lanes = new List<FeatureLane>();
        for (var network = 0; network < judges.Features[0].Count; network++)
        {
            foreach (var blur in options.Measures.Where(measure => measure.NeedsFeatures).Select(measure => measure.Blur).Distinct())
            {
                var classes = blur == 0 && options.Measures.Any(measure => measure.Name == SetMeasure.InceptionScore);
                if (classes && !_networks[0][network].HasClasses)
                {
                    throw new InvalidDataException($"{_networks[0][network].Name} names no classes, which is takes; use the whole Inception-v3 (inception-fid) or a classifier.");
                }

                lanes.Add(new FeatureLane(network, blur, options.Measures.Any(measure => (measure.IsFid && measure.Blur == blur && options.Resamples > 0) || (blur == 0 && measure.NeedsReferenceRows)), classes));
            }
        }

        if (options.Measures.Any(measure => measure.NeedsClip))
        {
            lanes.AddRange(Enumerable.Range(judges.Features[0].Count, judges.Clips.Count == 0 ? 0 : judges.Clips[0].Count).Select(network => new FeatureLane(network, Rows: true)));
        }

        return lanes;
    }

    private IEnumerable<Measurement> Measured(Finding found, Action<string> say, CancellationToken cancel)
    {
        foreach (var measure in options.Measures)
        {
            var parts = measure.Name == SetMeasure.Diversity ? [Diversity(found)]
                : measure.Name == SetMeasure.Likelihood ? [Likelihood(found)]
                : measure.NeedsClip ? Enumerable.Range(0, judges.Clips[0].Count).Select(clip => measure.Name == SetMeasure.Similarity ? Similarity(found, clip) : Retrieval(found, clip))
                : Enumerable.Range(0, judges.Features[0].Count).Select(network => OfFeatures(found, measure, network));
            foreach (var one in parts)
            {
                cancel.ThrowIfCancellationRequested();
                say($"measured {measure.Name}{(one.Protocol.Network is { } name ? $" ({name})" : "")}");
                yield return one;
            }
        }
    }

    private Measurement OfFeatures(Finding found, SetMeasure measure, int network)
    {
        var judge = _networks[0][network];
        var lane = found.Seen.Lanes[found.Lanes.FindIndex(one => one.Network == network && one.Blur == measure.Blur)];
        var held = found.Held.GetValueOrDefault((network, measure.Blur));
        var protocol = new Protocol { Measure = measure.Name, Network = judge.Name, Weights = judge.Weights, Resizer = judge.Resizer, Blur = measure.Blur, Samples = found.Seen.Count };
        if (measure.Name != SetMeasure.InceptionScore)
        {
            if (found.Seen.Count < 2)
            {
                throw ReferenceSet.TooFew(found.Source.Name);
            }

            if (held!.Moments.Mean.Size(0) != lane.Statistics.Mean().Size(0))
            {
                throw new InvalidDataException($"The reference's statistics are of {held.Moments.Mean.Size(0)} features and {judge.Name} has {lane.Statistics.Mean().Size(0)}; take them with the same network.");
            }

            protocol = protocol with { Reference = held.Origin?.Content };
            protocol.Settings["reference-samples"] = held.Moments.Count?.ToString(CultureInfo.InvariantCulture) ?? "unknown";
        }

        switch (measure.Name)
        {
            case SetMeasure.Kid:
                var size = Math.Min(KernelDistance.SubsetSize, Math.Min(found.Seen.Count, held!.Rows!.Size(0)));
                protocol = Set(protocol with { Seed = options.Seed }, ("subsets", KernelDistance.Subsets), ("subset-size", size));
                var kid = KernelDistance.Between(lane.Rows!, held.Rows, options.Seed, products: ScalarType.Float32);
                var half = KernelDistance.HalfWidth(lane.Rows!, held.Rows);
                return Row(found, protocol) with
                {
                    Score = new Interval(kid.Mean, kid.Mean - half, kid.Mean + half),
                    LowerIsBetter = true,
                    Note = string.Create(CultureInfo.InvariantCulture, $"deviation between subsets {kid.Deviation:0.######}"),
                };
            case SetMeasure.InceptionScore:
                protocol = Set(protocol, ("splits", options.Splits), ("bias", "none"));
                if (found.Seen.Count < options.Splits)
                {
                    throw new InvalidDataException($"An Inception Score in {options.Splits} parts takes as many pictures at least, and there are {found.Seen.Count}; give fewer --splits or more pictures.");
                }

                var spread = Evaluation.InceptionScore.Of(lane.Classes!, options.Splits);
                return Row(found, protocol) with
                {
                    Score = Jackknife.Of(lane.Classes!, options.Splits, rows => Evaluation.InceptionScore.Of(rows, options.Splits).Mean),
                    Note = string.Create(CultureInfo.InvariantCulture, $"deviation between parts {spread.Deviation:0.####}"),
                };
            case SetMeasure.Precision or SetMeasure.Recall:
                protocol = Set(protocol with { Seed = options.Seed }, ("neighbours", Neighbours));
                if (Math.Min(found.Seen.Count, held!.Rows!.Size(0)) <= Neighbours)
                {
                    throw new InvalidDataException($"{measure.Name} looks at the {Neighbours}rd nearest picture of either set, and one has no more than {Neighbours}; give more pictures.");
                }

                var shares = found.Manifold(network, () => SampleManifold.Compare(held.Rows, lane.Rows!, Neighbours));
                var (share, of) = measure.Name == SetMeasure.Precision ? (shares.Precision, found.Seen.Count) : (shares.Recall, (int)held.Rows.Size(0));
                return Row(found, protocol) with { Score = Bootstrap.Share([.. Enumerable.Range(0, of).Select(i => i < Math.Round(share * of))], options.Seed) };
            default:
                return Frechet(found, protocol, lane, held!);
        }
    }

    private Measurement Frechet(Finding found, Protocol protocol, SeenLane lane, PictureStatistics held)
    {
        if (protocol.Blur > 0)
        {
            protocol.Settings["blur-kernel"] = "gaussian-4-sigma";
        }

        using var moments = FeatureMoments.Of(lane.Statistics);
        var fid = FidScore.Between(moments, held.Moments);
        var wide = moments.Mean.Size(0) > WidestForBootstrap;
        Interval interval;
        if (lane.Rows is null || options.Resamples == 0)
        {
            interval = Jackknife.Without(fid.Value);
        }
        else if (wide)
        {
            interval = Jackknife.Frechet(lane.Rows, held.Moments);
        }
        else
        {
            interval = Bootstrap.Frechet(lane.Rows, held.Moments, options.Seed, options.Resamples);
        }

        var row = Row(found, protocol);
        return row with
        {
            Score = interval with { Value = fid.Value },
            LowerIsBetter = true,
            Warning = Join(fid.Note, row.Warning),
            Note = Join(
                double.IsNaN(interval.Low) ? null : wide ? $"interval: jackknife over {Jackknife.Groups} groups" : $"interval: bootstrap of {options.Resamples} resamples, seed {options.Seed}",
                held.Origin is { Network.Length: 0 } ? "the reference's statistics do not say which network, resizer and blur made them" : null),
        };
    }

    private Measurement Similarity(Finding found, int clip)
    {
        var judge = judges.Clips[0][clip];
        var (texts, own) = found.Texts(clip, judge);
        var cosines = ClipSimilarity.Cosines(found.Rows(judges.Features[0].Count + clip), texts, own);
        return Row(found, new Protocol { Measure = SetMeasure.Similarity, Network = judge.Name, Weights = judge.Weights, Resizer = judge.Resizer, Samples = cosines.Length, Seed = options.Seed }) with
        {
            Score = Bootstrap.Mean(found.ByCaption(cosines), options.Seed),
        };
    }

    private Measurement Retrieval(Finding found, int clip)
    {
        var judge = judges.Clips[0][clip];
        var (texts, own) = found.Texts(clip, judge);
        var among = Math.Min(CaptionRetrieval.Among, (int)texts.Size(0));
        if (among < 2)
        {
            throw new InvalidDataException($"All pictures of {found.Source.Name} have one caption, and retrieval looks for each picture's own among several.");
        }

        using var frozen = GradMode.Disable();
        var pictures = Models.Clip.ClipModel.Normalize(found.Rows(judges.Features[0].Count + clip));
        var hits = CaptionRetrieval.Hits(pictures, texts.To(device: Device.Cpu), own, options.Seed);
        var protocol = new Protocol { Measure = SetMeasure.Retrieval, Network = judge.Name, Weights = judge.Weights, Resizer = judge.Resizer, Samples = hits.Length, Seed = options.Seed };
        return Row(found, Set(protocol, ("among", among))) with { Score = Bootstrap.Share(found.ByCaption(hits), options.Seed) };
    }

    private Measurement Likelihood(Finding found)
    {
        var judge = judges.Captioner ?? throw new InvalidDataException("caps takes a captioning model; name its file with --captioner.");
        found.ThrowIfUncaptioned(SetMeasure.Likelihood);
        return Row(found, new Protocol { Measure = SetMeasure.Likelihood, Network = judge.Name, Weights = judge.Weights, Samples = found.Seen.Count, Seed = options.Seed }) with
        {
            Score = Bootstrap.Mean(found.ByCaption([.. found.Seen.Facts.Select(one => one.Likelihood!.Value)]), options.Seed),
        };
    }

    private Measurement Diversity(Finding found)
    {
        var (_, name, weights) = judges.Lpips ?? throw new InvalidDataException("lpips takes the weights of LPIPS; run ./run models pull lpips-vgg.");
        found.ThrowIfUncaptioned(SetMeasure.Diversity);
        return found.Diversity is not { Values.Count: > 0 } groups
            ? throw new InvalidDataException($"No two pictures of {found.Source.Name} that stand side by side have one caption, and lpips measures how much such pictures differ; paint several of each.")
            : Row(found, new Protocol { Measure = SetMeasure.Diversity, Network = name, Weights = weights, Samples = groups.Count, Seed = options.Seed }) with
            {
                Score = Bootstrap.Mean([.. groups.Values.Select(value => (IReadOnlyCollection<double>)[value])], options.Seed),
            };
    }

    /// <summary>The beginning of a row: whose pictures, of how many, and whether the judge may judge them.</summary>
    private Measurement Row(Finding found, Protocol protocol) => new()
    {
        Subject = options.Subject ?? (found.Source as SetPictures)?.Subject ?? found.Source.Name,
        Expected = Math.Max(found.Source.Expected ?? 0, found.Seen.Count),
        Protocol = found.Captions is { } captions ? protocol with { Captions = captions } : protocol,
        Warning = JudgeIndependence.WarningOf(
            new JsonArray(found.Source.Painting?.DeepClone(), new JsonArray([.. found.Seen.Painters.Select(hash => (JsonNode)hash)])), protocol.Network ?? "the judge", protocol.Weights),
    };

    private static Protocol Set(Protocol protocol, params (string Name, object Value)[] settings)
    {
        foreach (var (name, value) in settings)
        {
            protocol.Settings[name] = Convert.ToString(value, CultureInfo.InvariantCulture)!;
        }

        return protocol;
    }

    private static string? Join(params string?[] parts) => string.Join("; ", parts.OfType<string>()) is { Length: > 0 } text ? text : null;

    /// <summary>What a pass found, and what several measures take from it.</summary>
    private sealed class Finding(PictureSource source, SeenPictures seen, List<FeatureLane> lanes, Dictionary<(int Network, double Blur), PictureStatistics> held, CaptionDiversity? diversity)
    {
        private readonly Dictionary<int, PrecisionRecall> _manifolds = [];
        private readonly Dictionary<int, (Tensor Texts, int[] Own)> _texts = [];

        public PictureSource Source => source;

        public SeenPictures Seen => seen;

        public List<FeatureLane> Lanes => lanes;

        public Dictionary<(int Network, double Blur), PictureStatistics> Held => held;

        public CaptionDiversity? Diversity => diversity;

        /// <summary>The hash of the captions, if each picture has one.</summary>
        public string? Captions { get; } = seen.Facts.All(one => one.Caption is not null) ? Protocol.HashOf(seen.Facts.Select(one => one.Caption!)) : null;

        public Tensor Rows(int network) => seen.Lanes[lanes.FindIndex(lane => lane.Network == network)].Rows!;

        public PrecisionRecall Manifold(int network, Func<PrecisionRecall> compare) => _manifolds.TryGetValue(network, out var known) ? known : _manifolds[network] = compare();

        public (Tensor Texts, int[] Own) Texts(int clip, ClipFeatures judge)
        {
            ThrowIfUncaptioned(SetMeasure.Similarity);
            return _texts.TryGetValue(clip, out var known) ? known : _texts[clip] = ClipSimilarity.Texts(judge.Clip, [.. seen.Facts.Select(one => one.Caption!)]);
        }

        /// <summary>Values in groups of one caption: pictures of one caption are alike, and do not count as so many captions.</summary>
        public IReadOnlyList<IReadOnlyCollection<T>> ByCaption<T>(IReadOnlyList<T> values) =>
            [.. values.Index().GroupBy(one => seen.Facts[one.Index].Caption).Select(group => (IReadOnlyCollection<T>)[.. group.Select(one => one.Item)])];

        public void ThrowIfUncaptioned(string measure)
        {
            if (seen.Facts.FirstOrDefault(one => one.Caption is null) is { } bare)
            {
                throw new InvalidDataException($"{bare.Name} has no caption, and {measure} holds each picture against its own; give --captions FILE, or text files beside the pictures.");
            }
        }
    }
}
