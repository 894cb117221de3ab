using Pagoda.Data.Scenes;
using Pagoda.Models.Diffusion;
using Pagoda.Torch;
using Pagoda.Training.Learners;
using Pagoda.Training.Records;

namespace Pagoda.Training.Watch;

/// <summary>Looks at a denoising network under training: its error on fixed pictures with fixed noise, and what it makes of noise alone.</summary>
internal sealed class DenoisingWatch : IDisposable
{
    private const int AtOnce = 16;
    private const int Shown = 16;
    private const int Steps = 25;
    private const ulong Seed = 1;
    private readonly DiffusionUNet _model;
    private readonly Tensor _kept;
    private readonly Tensor _pictures;

    /// <param name="run">The run.</param>
    /// <param name="model">The network.</param>
    /// <param name="kept">ᾱ of each time.</param>
    /// <exception cref="Pagoda.Data.DataException">The data is not there.</exception>
    public DenoisingWatch(TrainingOptions run, DiffusionUNet model, Tensor kept)
    {
        (_model, _kept) = (model, kept);
        _pictures = WatchedPixels.Draw(run, model.Config.Resolution);
    }

    /// <summary>Measures and draws.</summary>
    /// <returns>Minus the mean squared error of the noise.</returns>
    public double Look(long step, IReadOnlyDictionary<string, Tensor>? average, RunRecords records)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        using var aside = new Aside(_model.Weights, _model.Device);
        aside.Put(average ?? new Dictionary<string, Tensor>());
        using var generator = new Generator(Seed);
        var sum = 0.0;
        for (long first = 0; first < _pictures.Size(0); first += AtOnce)
        {
            using var part = new TensorScope();
            var count = Math.Min(AtOnce, _pictures.Size(0) - first);
            var images = (_pictures.Narrow(0, first, count).To(device: _model.Device) * 2) - 1;
            var noise = Ops.Randn(images.Shape, generator, ScalarType.Float32).To(device: _model.Device);
            // The pictures share all times evenly.
            var times = Tensor.From([.. Enumerable.Range(0, (int)count).Select(i => (first + i) * _model.Config.Steps / _pictures.Size(0))]).To(device: _model.Device);
            sum += DiffusionLearner.Loss(_model, _kept, images, times, noise).Sum().ToDouble();
        }

        var error = sum / _pictures.Size(0);
        records.Scalars(step, [("watch/noise", error)]);
        var side = _model.Config.Resolution;
        records.Picture(step, "samples", ContactSheet.Make(Sample(generator).ToArray<float>(), side, 8, Math.Max(1, 128 / side)));
        return -error;
    }

    public void Dispose() => _pictures.Dispose();

    /// <summary>Pictures out of noise by DDIM (Song et al. 2021, arXiv 2010.02502), <c>[16, 3, S, S]</c> in [0, 1].</summary>
    private Tensor Sample(Generator generator)
    {
        var schedule = new NoiseSchedule(_model.Config, Math.Min(Steps, _model.Config.Steps));
        var side = _model.Config.Resolution;
        var noisy = Ops.Randn([Shown, 3, side, side], generator, ScalarType.Float32).To(device: _model.Device);
        for (var at = schedule.Count - 1; at >= 0; at--)
        {
            using var scope = new TensorScope();
            var (kept, before) = (schedule.Kept[at], schedule.KeptBefore(at));
            var (noise, _) = _model.Forward(noisy, Ops.Full([Shown], schedule.Times[at], ScalarType.Float32, device: _model.Device));
            var clean = ((noisy - (noise * Math.Sqrt(1 - kept))) * (1 / Math.Sqrt(kept))).Clamp(-1, 1);
            var left = (noisy - (clean * Math.Sqrt(kept))) * (1 / Math.Sqrt(1 - kept));
            noisy.Copy_((clean * Math.Sqrt(before)) + (left * Math.Sqrt(1 - before)));
        }

        return ((noisy + 1) * 0.5).Clamp(0, 1).To(device: Device.Cpu);
    }
}
