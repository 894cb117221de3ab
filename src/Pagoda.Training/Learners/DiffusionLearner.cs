using System.Globalization;
using Pagoda.Data;
using Pagoda.Models.Diffusion;
using Pagoda.Torch;
using Pagoda.Torch.Distributed;
using Pagoda.Training.Objectives;
using Pagoda.Training.Records;
using Pagoda.Training.Watch;

namespace Pagoda.Training.Learners;

/// <summary>
/// A denoising network, trained to say which noise was added to pictures (Ho et al. 2020, arXiv 2006.11239, equation 14): the simple loss, weighted by time as <see cref="DiffusionOptions.WeightLimit"/> says. No caption is looked at.
/// </summary>
internal sealed class DiffusionLearner : ILearner
{
    private readonly TrainingOptions _run;
    private readonly DiffusionUNet _model;
    private readonly ProcessGroup? _group;
    private readonly Tensor _kept;
    private readonly DenoisingWatch? _watch;
    private readonly bool _autocast;

    public DiffusionLearner(TrainingOptions run, DiffusionUNet model, ProcessGroup? group)
    {
        (_run, _model, _group) = (run, model, group);
        _autocast = TrainingPlan.Autocasts(run, model.Device);
        model.Weights.SetTrainable("", true);
        Trained = [.. model.Weights.Parameters.Select(p => (p.Key, p.Value))];
        using (TensorScope.Unowned())
        {
            _kept = Tensor.From([.. new NoiseSchedule(model.Config).Kept.Select(kept => (float)kept)]).To(device: model.Device);
        }

        _watch = group is null or { Rank: 0 } && run.Watch.Every > 0 ? new DenoisingWatch(run, model, _kept) : null;
    }

    public Device Device => _model.Device;

    public string ModelFile => DiffusionLoader.FileName;

    public IReadOnlyDictionary<string, Tensor> Weights => _model.Weights.StateDict;

    public IReadOnlyList<(string Name, Tensor Tensor)> Trained { get; }

    public IEnumerable<(string Name, Tensor Tensor)> State => [];

    private int Ranks => _group?.Size ?? 1;

    public bool Decays(string name, Tensor weight) => weight.Dimensions >= 2;

    public StepResult Accumulate(Batch batch, long step)
    {
        var images = (Tensor.From(batch.Images, batch.Count, 3, batch.Size, batch.Size).To(device: Device) * 2) - 1;
        var (times, noise) = Draw(batch.Count, batch.Size);
        var chunk = _run.Memory.Chunk > 0 ? Math.Min(_run.Memory.Chunk, batch.Count) : batch.Count;
        var figures = new Figures();
        for (var first = 0; first < batch.Count; first += chunk)
        {
            using var scope = new TensorScope();
            var count = Math.Min(chunk, batch.Count - first);
            var share = (double)count / batch.Count;
            using var narrow = new Autocast(Device, enabled: _autocast);
            var at = times.Narrow(0, first, count);
            var loss = Loss(_model, _kept, images.Narrow(0, first, count), at, noise.Narrow(0, first, count));
            figures.Add("noise", loss.Mean(), share);
            Autograd.Backward((loss * WeightsOf(at)).Mean() * (share / Ranks));
        }

        _group?.AllReduce([.. Trained.Select(weight => weight.Tensor.Grad!)]);
        var means = figures.Means(_group);
        return new StepResult(means["noise"], -means["noise"], []);
    }

    public void AfterStep(long step, IReadOnlyDictionary<string, Tensor>? average)
    {
    }

    public void Restore(Func<string, Tensor?> read)
    {
    }

    public void Save(string folder, IReadOnlyDictionary<string, Tensor>? average, long step) => DiffusionSaver.Save(
        folder, _model, new Dictionary<string, string> { ["step"] = step.ToString(CultureInfo.InvariantCulture) }, average: average);

    public double? Look(long step, IReadOnlyDictionary<string, Tensor>? average, RunRecords records) => _watch?.Look(step, average, records);

    public IReadOnlyList<InterpolationPoint> Interpolate(IReadOnlyDictionary<string, Tensor>? average, RunRecords records) => [];

    public void Dispose()
    {
        _watch?.Dispose();
        _kept.Dispose();
    }

    /// <summary>The mean squared error of the noise that the network sees, a picture each.</summary>
    /// <param name="model">The network.</param>
    /// <param name="kept">ᾱ of each time.</param>
    /// <param name="images"><c>[n, 3, S, S]</c> in [-1, 1].</param>
    /// <param name="times"><c>[n]</c> of int64.</param>
    /// <param name="noise">As the pictures.</param>
    internal static Tensor Loss(DiffusionUNet model, Tensor kept, Tensor images, Tensor times, Tensor noise)
    {
        var left = kept.IndexSelect(0, times).View([-1, 1, 1, 1]);
        var (seen, _) = model.Forward((images * left.Sqrt()) + (noise * (1 - left).Sqrt()), times);
        return (seen.To(ScalarType.Float32) - noise).Square().Mean([1, 2, 3]);
    }

    private Tensor WeightsOf(Tensor times) => (1 / _kept.IndexSelect(0, times)).Clamp(1, _run.Diffusion.WeightLimit);

    /// <summary>Times <c>[n]</c> and noise for this rank's pictures, drawn for the whole batch, so that they are the same for any number of ranks.</summary>
    private (Tensor Times, Tensor Noise) Draw(int own, int size)
    {
        using var frozen = GradMode.Disable();
        var all = (long)own * Ranks;
        Tensor Own(Tensor whole) => (Ranks == 1 ? whole : whole.View([own, Ranks, .. whole.Shape[1..].ToArray()]).Select(1, _group!.Rank)).To(device: Device);
        var times = Own(Ops.Rand([all]).Mul(_model.Config.Steps).Floor().To(ScalarType.Int64).Clamp(0, _model.Config.Steps - 1));
        return (times, Own(Ops.Randn([all, 3, size, size])));
    }
}
