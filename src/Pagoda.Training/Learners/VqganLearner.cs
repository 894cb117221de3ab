using System.Globalization;
using Pagoda.Data;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;
using Pagoda.Torch.Distributed;
using Pagoda.Training.Objectives;
using Pagoda.Training.Records;
using Pagoda.Training.Watch;

namespace Pagoda.Training.Learners;

/// <summary>
/// A VQGAN and its discriminator (arXiv 2012.09841; CompVis/taming-transformers: taming/models/vqgan.py). Both take their step on the
/// same batch at once: the discriminator judges the reconstructions from before the step, which saves a second pass.
/// </summary>
internal sealed class VqganLearner : ILearner
{
    /// <summary>What turns pictures into tokens.</summary>
    private static readonly string[] s_tokens = ["encoder", "quant_conv", "quantize"];

    private readonly TrainingOptions _run;
    private readonly VqganOptions _options;
    private readonly VqganModel _model;
    private readonly Torch.Weights _judge;
    private readonly Discriminator _discriminator;
    private readonly Func<Tensor, Tensor, Tensor>? _distance;
    private readonly ProcessGroup? _group;
    private readonly CodeRestart _codes;
    private readonly ReconstructionWatch? _watch;
    private readonly bool _autocast;

    /// <param name="run">The run.</param>
    /// <param name="model">The VQGAN.</param>
    /// <param name="distance">The perceptual distance of pictures in [-1, 1]; null for none.</param>
    /// <param name="group">The ranks; null for one process.</param>
    public VqganLearner(TrainingOptions run, VqganModel model, Func<Tensor, Tensor, Tensor>? distance, ProcessGroup? group)
    {
        (_run, _options, _model, _distance, _group) = (run, run.Vqgan, model, distance, group);
        _autocast = TrainingPlan.Autocasts(run, model.Device);
        _judge = Torch.Weights.Initialize(run.Seed + 1, model.Device);
        _discriminator = new Discriminator(_judge["loss"]["discriminator"], new DiscriminatorConfig(_options.DiscriminatorChannels, _options.DiscriminatorLayers));
        model.Weights.SetTrainable("", true);
        if (_options.DecoderOnly)
        {
            foreach (var part in s_tokens)
            {
                model.Weights.SetTrainable(part, false);
            }
        }

        Trained = [.. model.Weights.Parameters.Where(weight => weight.Value.RequiresGrad).Concat(_judge.Parameters).Select(p => (p.Key, p.Value))];
        Weights = model.Weights.StateDict.Concat(_judge.StateDict).ToDictionary();
        _codes = new CodeRestart(model.Quantizer.Codebook, _options.DecoderOnly ? _options with { RestartEvery = 0 } : _options, run.Optimizer.Steps, group);
        _watch = group is null or { Rank: 0 } && run.Watch.Every > 0 ? new ReconstructionWatch(run, model) : null;
    }

    public Device Device => _model.Device;

    public string ModelFile => VqganLoader.FileName;

    public IReadOnlyDictionary<string, Tensor> Weights { get; }

    public IReadOnlyList<(string Name, Tensor Tensor)> Trained { get; }

    public IEnumerable<(string Name, Tensor Tensor)> State => _codes.State;

    private int Ranks => _group?.Size ?? 1;

    public bool Decays(string name, Tensor weight) => weight.Dimensions >= 2 && !name.StartsWith("quantize.", StringComparison.Ordinal);

    public StepResult Accumulate(Batch batch, long step)
    {
        var all = (Tensor.From(batch.Images, batch.Count, 3, batch.Size, batch.Size).To(device: Device) * 2) - 1;
        var chunk = _run.Memory.Chunk > 0 ? Math.Min(_run.Memory.Chunk, batch.Count) : batch.Count;
        var figures = new Figures();
        for (var first = 0; first < batch.Count; first += chunk)
        {
            using var scope = new TensorScope();
            var count = Math.Min(chunk, batch.Count - first);
            Accumulate(all.Narrow(0, first, count), step, (double)count / batch.Count, figures);
        }

        _group?.AllReduce([.. Trained.Select(weight => weight.Tensor.Grad).OfType<Tensor>()]);
        var means = figures.Means(_group);
        var loss = means["reconstruction"] + (_options.PerceptualWeight * means.GetValueOrDefault("perceptual"));
        return new StepResult(loss, -loss, [.. means.Select(pair => (pair.Key, pair.Value)), .. _codes.Usage()]);
    }

    public void AfterStep(long step, IReadOnlyDictionary<string, Tensor>? average) => _codes.AfterStep(step, average?.GetValueOrDefault("quantize.embedding.weight"));

    public void Restore(Func<string, Tensor?> read) => _codes.Restore(read);

    public void Save(string folder, IReadOnlyDictionary<string, Tensor>? average, long step) => VqganSaver.Save(
        folder, _model, new Dictionary<string, string> { ["step"] = step.ToString(CultureInfo.InvariantCulture) }, average: average);

    public double? Look(long step, IReadOnlyDictionary<string, Tensor>? average, RunRecords records) => _watch?.Look(step, average, records);

    public IReadOnlyList<InterpolationPoint> Interpolate(IReadOnlyDictionary<string, Tensor>? average, RunRecords records) => [];

    public void Dispose() => _watch?.Dispose();

    /// <summary>Adds the gradients of some pictures, which are <paramref name="share"/> of this rank's batch.</summary>
    private void Accumulate(Tensor images, long step, double share, Figures figures)
    {
        var judges = _options.DiscriminatorStart >= 0 && step >= _options.DiscriminatorStart;
        _judge.SetTrainable("", false);
        using var narrow = new Autocast(Device, enabled: _autocast);
        var latents = _model.Encode(images);
        var quantized = _model.Quantize(latents);
        _codes.Count(quantized.Indices, latents);
        var made = _model.Decode(quantized.Quantized).To(ScalarType.Float32);
        var reconstruction = VqganLoss.Reconstruction(images, made, _distance, _options.PerceptualWeight);
        figures.Add("reconstruction", reconstruction.Pixels, share);
        figures.Add("perceptual", reconstruction.Perceptual, share);
        figures.Add("codebook", quantized.Loss, share);
        var loss = _options.DecoderOnly ? reconstruction.Total : reconstruction.Total + (quantized.Loss * _options.CodebookWeight);
        if (judges)
        {
            var generator = VqganLoss.Generator(_discriminator.Forward(made, training: true));
            var weight = Adaptive(reconstruction.Total, generator);
            figures.Add("adversarial", generator, share);
            figures.Add("adversarial_weight", weight, share);
            loss += generator * weight;
        }

        Autograd.Backward(loss * (share / Ranks));
        if (judges)
        {
            _judge.SetTrainable("", true);
            var (real, fake) = (_discriminator.Forward(images, training: true), _discriminator.Forward(made.Detach(), training: true));
            var hinge = VqganLoss.Hinge(real, fake);
            figures.Add("discriminator", hinge, share);
            figures.Add("logits_real", real.Mean(), share);
            figures.Add("logits_fake", fake.Mean(), share);
            Autograd.Backward(hinge * (share / Ranks));
        }
    }

    private Tensor Adaptive(Tensor reconstruction, Tensor generator)
    {
        var ofReconstruction = Autograd.Grad(reconstruction, [_model.LastLayer], retainGraph: true)[0];
        var ofGenerator = Autograd.Grad(generator, [_model.LastLayer], retainGraph: true)[0];
        // Sums in place of CLIP-GEN's means: the ratio is the same but for an epsilon.
        _group?.AllReduce([ofReconstruction, ofGenerator]);
        return VqganLoss.AdaptiveWeight(ofReconstruction, ofGenerator, _options.DiscriminatorWeight);
    }
}
