using System.Globalization;
using Pagoda.Data;
using Pagoda.Models.Clip;
using Pagoda.Models.Gpt;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;
using Pagoda.Torch.Distributed;
using Pagoda.Training.Objectives;
using Pagoda.Training.Records;
using Pagoda.Training.Tokens;
using Pagoda.Training.Watch;

namespace Pagoda.Training.Learners;

/// <summary>
/// CLIP-GEN's transformer (Wang et al. 2022, arXiv 2203.00386, section 3.2): it predicts the VQGAN's tokens of a picture from the
/// picture's own CLIP embedding. No caption is looked at.
/// </summary>
internal sealed class GptLearner : ILearner
{
    private readonly TrainingOptions _run;
    private readonly GptOptions _options;
    private readonly GptModel _model;
    private readonly LoadedVqgan _vqgan;
    private readonly LoadedClip _clip;
    private readonly PictureEncoders _encoders;
    private readonly ProcessGroup? _group;
    private readonly TokenWatch? _watch;
    private readonly bool _autocast;

    public GptLearner(TrainingOptions run, GptModel model, LoadedVqgan vqgan, LoadedClip clip, TrainingTools tools)
    {
        (_run, _options, _model, _vqgan, _clip, _group) = (run, run.Gpt, model, vqgan, clip, tools.Group);
        _autocast = TrainingPlan.Autocasts(run, model.Device);
        _encoders = new PictureEncoders(vqgan, clip);
        model.Weights.SetTrainable("", true);
        Trained = [.. model.Weights.Parameters.Select(p => (p.Key, p.Value))];
        _watch = tools.Group is null or { Rank: 0 } && run.Watch.Every > 0 ? new TokenWatch(run, model, _encoders, tools.Sampler, vqgan.Model) : null;
    }

    public Device Device => _model.Device;

    public string ModelFile => GptSaver.FileName;

    public IReadOnlyDictionary<string, Tensor> Weights => _model.Weights.StateDict;

    public IReadOnlyList<(string Name, Tensor Tensor)> Trained { get; }

    public IEnumerable<(string Name, Tensor Tensor)> State => [];

    private int Ranks => _group?.Size ?? 1;

    public bool Decays(string name, Tensor weight) => GptModel.Decays(name);

    public StepResult Accumulate(Batch batch, long step)
    {
        var (tokens, embeddings) = Prepared(batch);
        var (noise, kept) = Roughness(batch.Count);
        var chunk = _run.Memory.Chunk > 0 ? Math.Min(_run.Memory.Chunk, batch.Count) : batch.Count;
        var figures = new Figures();
        for (var first = 0; first < batch.Count; first += chunk)
        {
            using var scope = new TensorScope();
            var count = Math.Min(chunk, batch.Count - first);
            Accumulate(tokens.Narrow(0, first, count), embeddings.Narrow(0, first, count), noise?.Narrow(0, first, count), kept?.Narrow(0, first, count), (double)count / batch.Count, figures);
        }

        _group?.AllReduce([.. Trained.Select(weight => weight.Tensor.Grad!)]);
        var means = figures.Means(_group);
        var loss = means["likelihood"] + (_options.EmbeddingLoss * means.GetValueOrDefault("embedding"));
        return new StepResult(loss, -loss, [.. means.Select(pair => (pair.Key, pair.Value))]);
    }

    public void AfterStep(long step, IReadOnlyDictionary<string, Tensor>? average)
    {
    }

    public void Restore(Func<string, Tensor?> read)
    {
    }

    public void Save(string folder, IReadOnlyDictionary<string, Tensor>? average, long step) => GptSaver.Save(
        folder, _model, average: average, metadata: new Dictionary<string, string>
        {
            ["step"] = step.ToString(CultureInfo.InvariantCulture),
            // Tokens and embeddings of other models mean nothing to it.
            ["codebook"] = _vqgan.CodebookHash,
            ["clip"] = _clip.Hash,
        });

    public double? Look(long step, IReadOnlyDictionary<string, Tensor>? average, RunRecords records) => _watch?.Look(step, average, records);

    public IReadOnlyList<InterpolationPoint> Interpolate(IReadOnlyDictionary<string, Tensor>? average, RunRecords records) => [];

    public void Dispose()
    {
        _watch?.Dispose();
        _vqgan.Dispose();
        _clip.Dispose();
    }

    /// <summary>Tokens <c>[n, T]</c> and embeddings <c>[n, C]</c> of this rank's pictures, computed here or before the run.</summary>
    private (Tensor Tokens, Tensor Embeddings) Prepared(Batch batch)
    {
        if (batch.Tokens is { } prepared)
        {
            return (Rows(prepared.Codes), Rows(prepared.Embeddings));
        }

        var images = Tensor.From(batch.Images, batch.Count, 3, batch.Size, batch.Size).To(device: Device);
        using var frozen = GradMode.Disable();
        return (_encoders.Tokens(images), _encoders.Embed(images));

        Tensor Rows<T>(T[] values)
            where T : unmanaged => Tensor.From(values, batch.Count, values.Length / batch.Count).To(device: Device);
    }

    /// <summary>Adds the gradients of some pictures, which are <paramref name="share"/> of this rank's batch.</summary>
    private void Accumulate(Tensor tokens, Tensor embeddings, Tensor? noise, Tensor? kept, double share, Figures figures)
    {
        var condition = noise is null ? embeddings : ClipModel.Normalize(embeddings + noise);
        condition = kept is null ? condition : condition * kept;
        Tensor logits;
        using (new Autocast(Device, enabled: _autocast))
        {
            logits = _model.Forward(tokens, condition, training: true).To(ScalarType.Float32);
        }

        var likelihood = logits.Flatten(0, 1).CrossEntropyLoss(tokens.Flatten());
        figures.Add("likelihood", likelihood, share);
        var loss = likelihood;
        if (_options.EmbeddingLoss > 0)
        {
            var embedding = EmbeddingLoss(logits, embeddings);
            figures.Add("embedding", embedding, share);
            loss += embedding * _options.EmbeddingLoss;
        }

        Autograd.Backward(loss * (share / Ranks));
    }

    /// <summary>
    /// What makes the conditions of this rank's pictures harder, as the options ask: noise <c>[n, C]</c> to be added, and 0 for those
    /// that are dropped <c>[n, 1]</c>. Drawn for the whole batch, so that it is the same for any number of ranks.
    /// </summary>
    private (Tensor? Noise, Tensor? Kept) Roughness(int own)
    {
        using var frozen = GradMode.Disable();
        var all = (long)own * Ranks;
        Tensor Own(Tensor whole) => (Ranks == 1 ? whole : whole.View([own, Ranks, -1]).Select(1, _group!.Rank)).To(device: Device);
        var noise = _options.ConditionNoise > 0 ? Own(ClipModel.Normalize(Ops.Randn([all, _model.Config.ConditionWidth])) * _options.ConditionNoise) : null;
        var kept = _options.ConditionDropout > 0 ? Own(Ops.Rand([all, 1]).Ge(_options.ConditionDropout).To(ScalarType.Float32)) : null;
        return (noise, kept);
    }

    /// <summary>
    /// 1 - the cosine between the condition and the CLIP embedding of the picture that the likeliest tokens make; the gradient passes the
    /// choice as if it had been the probabilities (HFAiLab/clip-gen: models/gpt.py).
    /// </summary>
    private Tensor EmbeddingLoss(Tensor logits, Tensor embeddings)
    {
        var vqgan = _vqgan.Model;
        var probabilities = logits.Softmax(-1);
        var codebook = vqgan.Quantizer.Codebook.To(ScalarType.Float32);
        var soft = probabilities.Matmul(codebook);
        var hard = codebook.IndexSelect(0, logits.Argmax(-1).Flatten()).View(soft.Shape.ToArray());
        var grid = (long)Math.Sqrt(logits.Size(1));
        var vectors = (soft + (hard - soft).Detach()).View([logits.Size(0), grid, grid, codebook.Size(1)]).Permute([0, 3, 1, 2]);
        var pictures = ((vqgan.Decode(vectors) + 1) * 0.5).Clamp(0, 1);
        return 1 - (_encoders.Embed(pictures) * embeddings).Sum([1]).Mean();
    }
}
