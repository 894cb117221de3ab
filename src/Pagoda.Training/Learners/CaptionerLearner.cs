using System.Globalization;
using Pagoda.Data;
using Pagoda.Models.Captioner;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;
using Pagoda.Torch.Distributed;
using Pagoda.Training.Objectives;
using Pagoda.Training.Records;
using Pagoda.Training.Watch;

namespace Pagoda.Training.Learners;

/// <summary>
/// A captioner, trained to find captions likely: the cross-entropy of each token given the picture and the tokens before it, in the mean over the tokens of all ranks' batches
/// (Vinyals et al. 2015, arXiv 1411.4555, equation 1). A mean over captions would count the words of short captions more, and teach captions to end early.
/// </summary>
internal sealed class CaptionerLearner : ILearner
{
    private readonly TrainingOptions _run;
    private readonly CaptionerModel _model;
    private readonly ClipTokenizer _tokenizer;
    private readonly ProcessGroup? _group;
    private readonly CaptionWatch? _watch;
    private readonly bool _autocast;

    public CaptionerLearner(TrainingOptions run, CaptionerModel model, ClipTokenizer tokenizer, ProcessGroup? group)
    {
        (_run, _model, _tokenizer, _group) = (run, model, tokenizer, group);
        _autocast = TrainingPlan.Autocasts(run, model.Device);
        model.Weights.SetTrainable("", true);
        Trained = [.. model.Weights.Parameters.Select(p => (p.Key, p.Value))];
        _watch = group is null or { Rank: 0 } && run.Watch.Every > 0 ? new CaptionWatch(run, model, tokenizer) : null;
    }

    public Device Device => _model.Device;

    public string ModelFile => CaptionerLoader.FileName;

    public IReadOnlyDictionary<string, Tensor> Weights => _model.Weights.StateDict;

    public IReadOnlyList<(string Name, Tensor Tensor)> Trained { get; }

    public IEnumerable<(string Name, Tensor Tensor)> State => [];

    public bool Decays(string name, Tensor weight) => weight.Dimensions >= 2;

    public StepResult Accumulate(Batch batch, long step)
    {
        var images = Tensor.From(batch.Images, batch.Count, 3, batch.Size, batch.Size).To(device: Device);
        var own = CaptionRows.Of(_tokenizer, batch.Captions, _model.Config.ContextLength, cut: true).Lengths.Sum();
        var (tokens, ranks) = (_group?.Sum(own) ?? own, _group?.Size ?? 1);
        var chunk = _run.Memory.Chunk > 0 ? Math.Min(_run.Memory.Chunk, batch.Count) : batch.Count;
        var figures = new Figures();
        for (var first = 0; first < batch.Count; first += chunk)
        {
            using var scope = new TensorScope();
            var count = Math.Min(chunk, batch.Count - first);
            var rows = CaptionRows.Of(_tokenizer, batch.Captions[first..(first + count)], _model.Config.ContextLength, cut: true);
            using var narrow = new Autocast(Device, enabled: _autocast);
            var loss = -_model.LogLikelihoods(images.Narrow(0, first, count), rows).Sum() * (1 / tokens);
            // The figures' mean over ranks is their sum over the number of ranks.
            figures.Add("caption", loss, ranks);
            Autograd.Backward(loss);
        }

        _group?.AllReduce([.. Trained.Select(weight => weight.Tensor.Grad!)]);
        var means = figures.Means(_group);
        return new StepResult(means["caption"], -means["caption"], [("perplexity", Math.Exp(means["caption"]))]);
    }

    public void AfterStep(long step, IReadOnlyDictionary<string, Tensor>? average)
    {
    }

    public void Restore(Func<string, Tensor?> read)
    {
    }

    public void Save(string folder, IReadOnlyDictionary<string, Tensor>? average, long step) => CaptionerSaver.Save(
        folder, _model, _tokenizer, new Dictionary<string, string> { ["step"] = step.ToString(CultureInfo.InvariantCulture) }, average: average);

    public double? Look(long step, IReadOnlyDictionary<string, Tensor>? average, RunRecords records) => _watch?.Look(step, average, records);

    public IReadOnlyList<InterpolationPoint> Interpolate(IReadOnlyDictionary<string, Tensor>? average, RunRecords records) => [];

    public void Dispose() => _watch?.Dispose();
}
