using System.Collections.Concurrent;
using System.Text.Json;
using Pagoda.Data;
using Pagoda.Evaluation.Captioning;
using Pagoda.Evaluation.Frechet;
using Pagoda.Evaluation.Pictures;
using Pagoda.Torch;
using Pagoda.Torch.Distributed;

namespace Pagoda.Evaluation.Features;

/// <summary>
/// Goes once over the pictures of a source and takes all that measures need: moments in float64, which keep nothing of a picture, and the features
/// themselves where a lane asks for them. A thread a device runs the networks on batches in turn, while others decode; what they find is taken in
/// in the pictures' order, so that the numbers do not depend on the devices' number.
/// </summary>
/// <param name="devices">For each device the networks there, the same on each.</param>
/// <param name="lanes">What is wanted of them.</param>
/// <param name="batch">Pictures at once.</param>
public sealed class FeaturePass(IReadOnlyList<IReadOnlyList<IFeatureNetwork>> devices, IReadOnlyList<FeatureLane> lanes, int batch)
{
    // Each update of a scatter of 2048 x 2048 moves 100 MB, whether of one row or of some hundreds.
    private const int RowsAtOnce = 256;

    /// <summary>Captions given from outside, in the pictures' order; those of the pictures themselves otherwise.</summary>
    public IReadOnlyList<string>? Captions { get; init; }

    /// <summary>What says how likely captions are, for CapS.</summary>
    public ICaptioner? Captioner { get; init; }

    /// <summary>Is shown each batch in order, on the thread that reads.</summary>
    public Action<IReadOnlyList<SourcePicture>>? Look { get; init; }

    /// <summary>The other processes that share the pictures.</summary>
    public ProcessGroup? Group { get; init; }

    /// <summary>Goes over the pictures.</summary>
    /// <param name="source">The pictures.</param>
    /// <param name="progress">Told how many this process has seen.</param>
    /// <param name="cancel">Ends it between batches.</param>
    /// <exception cref="Pagoda.Formats.Images.PictureException">A picture cannot be read; it is named.</exception>
    /// <exception cref="InvalidDataException">There is no picture, or captions are more or fewer.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public SeenPictures Run(PictureSource source, Action<int> progress, CancellationToken cancel)
    {
        try
        {
            return Run(source, Group is null ? Share.All : new Share(Group.Rank, Group.Size), progress, cancel);
        }
        catch (Exception problem)
        {
            Group?.Fail(problem.Message);
            throw;
        }
    }

    private SeenPictures Run(PictureSource source, Share share, Action<int> progress, CancellationToken cancel)
    {
        using var unowned = TensorScope.Unowned();
        using var frozen = GradMode.Disable();
        var takers = lanes.Select(lane => new LaneTaker(lane.Rows, ((source.Count ?? 1024) / share.Parts) + 1)).ToArray();
        var workers = devices.Select(networks => new Worker(networks, lanes)).ToArray();
        var facts = new List<PictureFacts>();
        var painters = new SortedSet<string>(StringComparer.Ordinal);
        var underWay = new Queue<(int Count, Task<Tensor[]> Found)>();
        try
        {
            var (turn, done) = (0, 0);
            foreach (var pictures in DecodedPictures.Of(source, share, cancel).Chunk(batch))
            {
                underWay.Enqueue((pictures.Length, workers[turn++ % workers.Length].Begin(pictures)));
                facts.AddRange(Facts(pictures, source));
                painters.UnionWith(pictures.SelectMany(picture => picture.Painters));
                Look?.Invoke(pictures);
                while (underWay.Count > workers.Length)
                {
                    Finish();
                }
            }

            while (underWay.Count > 0)
            {
                Finish();
            }

            void Finish()
            {
                var (count, found) = underWay.Dequeue();
                Take(takers, found.GetAwaiter().GetResult());
                progress(done += count);
                cancel.ThrowIfCancellationRequested();
            }

            var all = Gather(facts, painters);
            if (all.Facts.Count == 0)
            {
                throw new InvalidDataException($"There is no picture in {source.Name}.");
            }

            if (Captions is { } given && given.Count != all.Facts.Count)
            {
                throw new InvalidDataException($"There are {given.Count} captions for the {all.Facts.Count} pictures of {source.Name}; give one for each, in their order.");
            }

            var order = all.Facts.Index().OrderBy(one => one.Item.Number).Select(one => one.Index).ToArray();
            return new SeenPictures([.. takers.Select((taker, i) => taker.End(lanes[i], Group, order))], [.. order.Select(i => all.Facts[i])], all.Painters);
        }
        finally
        {
            foreach (var worker in workers)
            {
                worker.Dispose();
            }

            foreach (var taker in takers)
            {
                taker.Dispose();
            }

            while (underWay.TryDequeue(out var left))
            {
                // Nobody waits for these any more.
                Array.ForEach(left.Found.IsCompletedSuccessfully ? left.Found.Result : [], one => one.Dispose());
                _ = left.Found.Exception;
            }
        }
    }

    private IEnumerable<PictureFacts> Facts(SourcePicture[] pictures, PictureSource source)
    {
        var captions = pictures.Select(picture => Captions is null ? picture.Caption : picture.Number < Captions.Count ? Captions[picture.Number]
            : throw new InvalidDataException($"There are {Captions.Count} captions and more pictures than that in {source.Name}; give one for each, in their order.")).ToArray();
        if (Captioner is null)
        {
            return pictures.Zip(captions, (picture, caption) => new PictureFacts(picture.Number, picture.Name, picture.Hash, caption));
        }

        var missing = Array.IndexOf(captions, null);
        return missing >= 0
            ? throw new InvalidDataException($"{pictures[missing].Name} has no caption, and caps asks how likely each picture's is; give --captions FILE, or text files beside the pictures.")
            : Captioner.LogLikelihoods([.. pictures.Select(picture => picture.Picture)], captions!)
                .Select((likelihood, i) => new PictureFacts(pictures[i].Number, pictures[i].Name, pictures[i].Hash, captions[i], likelihood));
    }

    private static void Take(LaneTaker[] takers, Tensor[] found)
    {
        for (var i = 0; i < takers.Length; i++)
        {
            takers[i].Add(found[2 * i], found[(2 * i) + 1]);
        }
    }

    private (IReadOnlyList<PictureFacts> Facts, IReadOnlyList<string> Painters) Gather(List<PictureFacts> facts, SortedSet<string> painters)
    {
        if (Group is null)
        {
            return (facts, [.. painters]);
        }

        using var scope = new TensorScope();
        var own = JsonSerializer.SerializeToUtf8Bytes(new RankFacts(facts, [.. painters]));
        var parts = RankRows.Gather(Group, Tensor.From(own, own.Length, 1)).Select(part => JsonSerializer.Deserialize<RankFacts>(part.ToArray<byte>())!).ToList();
        return ([.. parts.SelectMany(part => part.Facts)], [.. parts.SelectMany(part => part.Painters).Distinct()]);
    }

    private sealed record RankFacts(IReadOnlyList<PictureFacts> Facts, IReadOnlyList<string> Painters);

    /// <summary>Collects what one lane wants.</summary>
    /// <param name="keep">Whether rows are kept.</param>
    /// <param name="expected">About how many come.</param>
    private sealed class LaneTaker(bool keep, int expected) : IDisposable
    {
        private readonly FeatureStatistics _statistics = new();
        private readonly List<Tensor> _waiting = [];
        private FeatureRows? _rows;
        private FeatureRows? _classes;
        private bool _ended;

        /// <summary>Takes features and logits, which become this object's; logits without elements are none.</summary>
        public void Add(Tensor features, Tensor classes)
        {
            if (classes.Elements > 0)
            {
                (_classes ??= new FeatureRows { Expected = expected }).Add(classes);
            }

            classes.Dispose();
            _waiting.Add(features);
            if (_waiting.Sum(one => one.Size(0)) >= RowsAtOnce)
            {
                Flush();
            }
        }

        public SeenLane End(FeatureLane lane, ProcessGroup? group, int[] order)
        {
            Flush();
            if (group is not null)
            {
                _statistics.Join(group);
            }

            var (rows, classes) = (lane.Rows ? Ordered(_rows?.Take(), group, order) : null, lane.Classes ? Ordered(_classes?.Take(), group, order) : null);
            _ended = true;
            return new SeenLane(_statistics, rows, classes);
        }

        public void Dispose()
        {
            _waiting.ForEach(one => one.Dispose());
            _waiting.Clear();
            _rows?.Dispose();
            _classes?.Dispose();
            if (!_ended)
            {
                _statistics.Dispose();
            }
        }

        private void Flush()
        {
            if (_waiting.Count == 0)
            {
                return;
            }

            using var scope = new TensorScope();
            var rows = Ops.Cat([.. _waiting]);
            _statistics.Add(rows);
            if (keep)
            {
                (_rows ??= new FeatureRows { Expected = expected }).Add(rows);
            }

            _waiting.ForEach(one => one.Dispose());
            _waiting.Clear();
        }

        private static Tensor? Ordered(Tensor? rows, ProcessGroup? group, int[] order)
        {
            if (group is null)
            {
                return rows;
            }

            using var scope = new TensorScope();
            var all = Ops.Cat([.. RankRows.Gather(group, rows)]);
            rows?.Dispose();
            return TensorScope.Release(all.IndexSelect(0, Tensor.From(order.Select(i => (long)i).ToArray())));
        }
    }

    /// <summary>A thread with a device's networks.</summary>
    private sealed class Worker : IDisposable
    {
        private readonly BlockingCollection<(SourcePicture[] Pictures, TaskCompletionSource<Tensor[]> Found)> _work = [];
        private readonly IReadOnlyList<IFeatureNetwork> _networks;
        private readonly IReadOnlyList<FeatureLane> _lanes;
        private readonly Thread _thread;

        public Worker(IReadOnlyList<IFeatureNetwork> networks, IReadOnlyList<FeatureLane> lanes)
        {
            (_networks, _lanes) = (networks, lanes);
            _thread = new Thread(Run) { IsBackground = true, Name = "features" };
            _thread.Start();
        }

        public Task<Tensor[]> Begin(SourcePicture[] pictures)
        {
            var found = new TaskCompletionSource<Tensor[]>(TaskCreationOptions.RunContinuationsAsynchronously);
            _work.Add((pictures, found));
            return found.Task;
        }

        public void Dispose()
        {
            _work.CompleteAdding();
            _thread.Join();
            _work.Dispose();
        }

        private void Run()
        {
            foreach (var (pictures, found) in _work.GetConsumingEnumerable())
            {
                try
                {
                    found.SetResult(See([.. pictures.Select(picture => picture.Picture)]));
                }
                catch (Exception problem)
                {
                    found.SetException(problem);
                }
            }
        }

        private Tensor[] See(Formats.Images.Picture[] pictures)
        {
            using var scope = new TensorScope();
            using var frozen = GradMode.Disable();
            var found = new Tensor[2 * _lanes.Count];
            for (var i = 0; i < _lanes.Count; i++)
            {
                var network = _networks[_lanes[i].Network];
                var features = network.Features(pictures, _lanes[i].Blur);
                found[2 * i] = TensorScope.Release(features.To(device: Device.Cpu, dtype: ScalarType.Float32, copy: true));
                found[(2 * i) + 1] = TensorScope.Release(_lanes[i].Classes ? network.Classes(features).To(device: Device.Cpu, dtype: ScalarType.Float32, copy: true) : Ops.Zeros([0], ScalarType.Float32));
            }

            return found;
        }
    }
}
