using System.Globalization;
using Pagoda.Data;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;
using Pagoda.Training.Batches;
using Pagoda.Training.Objectives;
using Pagoda.Training.Records;
using Pagoda.Training.Watch;

namespace Pagoda.Training.Learners;

/// <summary>A CLIP model under its contrastive loss, CLIPAG's or CLIP-JEM's.</summary>
internal sealed class ClipLearner : ILearner
{
    private readonly TrainingOptions _options;
    private readonly ClipModel _model;
    private readonly ClipTokenizer _tokenizer;
    private readonly IObjective _objective;
    private readonly WholeBatch _batch;
    private readonly TextFeatures? _texts;
    private readonly RunWatch? _watch;

    public ClipLearner(TrainingOptions options, ClipModel model, ClipTokenizer tokenizer, TrainingTools tools)
    {
        (_options, _model, _tokenizer) = (options, model, tokenizer);
        model.Weights.SetTrainable("", !options.Model.FreezeText);
        model.Weights.SetTrainable("visual.", true);
        Trained = [.. model.Weights.Parameters.Where(p => p.Value.RequiresGrad).Select(p => (p.Key, p.Value))];
        var towers = new TowerPair(model, TrainingPlan.Autocasts(options, model.Device));
        _batch = new WholeBatch(towers, options.Memory.Chunk, options.Memory.Checkpointing, tools.Group);
        _texts = options.Memory.TextCache > 0 && !towers.TrainsText ? new TextFeatures(towers, tokenizer, options.Memory.TextCache) : null;
        _objective = options.Method switch
        {
            TrainingMethod.Contrastive => new ContrastiveObjective(_batch),
            TrainingMethod.Clipag => new RobustObjective(_batch, options.Attack),
            _ => new EnergyObjective(_batch, options.Attack, options.Energy, options.Energy.Start == NegativeStart.Bank ? tools.Bank(options.Energy.Bank) : null),
        };
        _watch = tools.Group is null or { Rank: 0 } && RunWatch.IsWanted(options) ? new RunWatch(options, model, tokenizer, tools.Painter) : null;
    }

    public Device Device => _model.Device;

    public string ModelFile => "model.safetensors";

    public IReadOnlyDictionary<string, Tensor> Weights => _model.Weights.StateDict;

    public IReadOnlyList<(string Name, Tensor Tensor)> Trained { get; }

    public IEnumerable<(string Name, Tensor Tensor)> State => _objective.State;

    /// <summary>Gains, biases and the logit scale have their own right values (open_clip does the same).</summary>
    public bool Decays(string name, Tensor weight) => weight.Dimensions >= 2;

    public StepResult Accumulate(Batch batch, long step)
    {
        var images = Tensor.From(batch.Images, batch.Count, 3, batch.Size, batch.Size).To(device: Device);
        var length = _model.Config.Text.ContextLength;
        var tokens = Tensor.From(_tokenizer.Tokenize(batch.Captions, length), batch.Count, length).To(device: Device);
        var result = _objective.Accumulate(images, tokens, _texts?.Of(batch.Captions) ?? (_batch.Towers.TrainsText ? null : _batch.EncodeText(tokens)));
        _batch.SumGradients([.. Trained.Select(weight => weight.Tensor)]);
        return result with { Figures = [("accuracy", result.Score), .. result.Figures] };
    }

    public void AfterStep(long step, IReadOnlyDictionary<string, Tensor>? average)
    {
        if (_model.LogitScale.RequiresGrad)
        {
            using var frozen = GradMode.Disable();
            _model.LogitScale.Clamp_(0, Math.Log(_options.Optimizer.MaxLogitScale));
        }
    }

    public void Restore(Func<string, Tensor?> read) => _objective.Restore(read);

    public void Save(string folder, IReadOnlyDictionary<string, Tensor>? average, long step) => ClipSaver.Save(
        folder, _model, _tokenizer, average: average,
        metadata: new Dictionary<string, string> { ["step"] = step.ToString(CultureInfo.InvariantCulture) }, trainedBy: EnumNames.NameOf(_options.Method));

    public double? Look(long step, IReadOnlyDictionary<string, Tensor>? average, RunRecords records) => _watch?.Look(step, average, records).AttackedAccuracy;

    public IReadOnlyList<InterpolationPoint> Interpolate(IReadOnlyDictionary<string, Tensor>? average, RunRecords records) =>
        _watch?.Interpolate(average, records) ?? [];

    public void Dispose() => _watch?.Dispose();
}
