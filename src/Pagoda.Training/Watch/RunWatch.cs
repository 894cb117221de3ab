using System.Diagnostics;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;
using Pagoda.Training.Records;

namespace Pagoda.Training.Watch;

/// <summary>
/// Looks at the model of a run now and then: zero-shot accuracy on fixed pictures, as they are and attacked, and pictures; and in the
/// end at the models between its beginning and its end. Training does not notice: not a bit of its state is other afterwards.
/// </summary>
public sealed class RunWatch : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly ClipModel _model;
    private readonly ClipTokenizer _tokenizer;
    private readonly IWatchPainter? _painter;
    private readonly WatchedPictures _pictures;
    private readonly ZeroShot _zeroShot;

    /// <summary>Chooses the pictures.</summary>
    /// <param name="options">The run.</param>
    /// <param name="model">The model under training.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="painter">Draws the pictures; null for figures alone.</param>
    /// <exception cref="InvalidDataException">The options name no pictures to measure accuracy on.</exception>
    public RunWatch(TrainingOptions options, ClipModel model, ClipTokenizer tokenizer, IWatchPainter? painter = null)
    {
        (_options, _model, _tokenizer, _painter) = (options, model, tokenizer, painter);
        _pictures = WatchedPictureSource.Choose(options, model.Config.Vision.ImageSize);
        var steps = options.Watch.AttackSteps;
        var attack = options.Attack.ToAttack() with { Steps = steps, StepSize = 2.5 * options.Attack.Radius / Math.Max(1, steps), RandomStart = false };
        _zeroShot = new ZeroShot(_pictures, options.Watch.TemplateList(), attack);
    }

    /// <summary>Whether a run with these options is watched at all.</summary>
    public static bool IsWanted(TrainingOptions options) => options.Watch.Every > 0 || options.Watch.Interpolate.Length > 0;

    /// <summary>Looks at the model.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="average">The moving average, which is the run's model; null for the weights as they are.</param>
    /// <param name="records">Where figures and pictures go.</param>
    public WatchFigures Look(long step, IReadOnlyDictionary<string, Tensor>? average, RunRecords records)
    {
        var clock = Stopwatch.StartNew();
        using var scope = new TensorScope();
        using var aside = new Aside(_model.Weights, _model.Device);
        aside.Put(average ?? new Dictionary<string, Tensor>());
        var (clean, attacked) = _zeroShot.Accuracy(_model, _tokenizer);
        foreach (var (name, picture) in _painter?.Draw(_model, _tokenizer, _pictures) ?? [])
        {
            records.Picture(step, name, picture);
        }

        var figures = new WatchFigures(step, clean, attacked, Math.Round(clock.Elapsed.TotalSeconds, 3));
        records.Watched(figures);
        return figures;
    }

    /// <summary>Measures the models between the weights that the run started from and those that it ended with, as <c>watch.interpolate</c> asks.</summary>
    /// <param name="average">The moving average, which is the run's model; null for the weights as they are.</param>
    /// <param name="records">Where the table goes.</param>
    public IReadOnlyList<InterpolationPoint> Interpolate(IReadOnlyDictionary<string, Tensor>? average, RunRecords records)
    {
        if (_options.Watch.Alphas() is not { Count: > 0 } alphas)
        {
            return [];
        }

        using var scope = new TensorScope();
        using var aside = new Aside(_model.Weights, _model.Device);
        var (start, _) = StartingModel.Load(_options.Model, _model.Device);
        try
        {
            var tuned = _model.Weights.StateDict.ToDictionary(pair => pair.Key, pair => (average?.GetValueOrDefault(pair.Key) ?? pair.Value).Detach().Clone());
            var points = new List<InterpolationPoint>();
            foreach (var alpha in alphas)
            {
                using var part = new TensorScope();
                aside.Put(WeightInterpolation.Between(start.Weights.StateDict, tuned, alpha));
                var (clean, attacked) = _zeroShot.Accuracy(_model, _tokenizer);
                points.Add(new InterpolationPoint(alpha, clean, attacked));
            }

            records.Interpolated(points);
            return points;
        }
        finally
        {
            foreach (var tensor in start.Weights.StateDict.Values)
            {
                tensor.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _pictures.Dispose();
}
