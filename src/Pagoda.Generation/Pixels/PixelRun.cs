using System.Diagnostics;
using Pagoda.Formats.Images;
using Pagoda.Generation.Augment;
using Pagoda.Generation.Prompts;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Start;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Generation.Pixels;

/// <summary>Paints one picture of a request from its own seed; all on the thread that calls it.</summary>
internal sealed class PixelRun : IDisposable
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ClipModel _model;
    private readonly Recipe _recipe;
    private readonly Generator _generator;
    private readonly Tensor _target;
    private readonly List<PixelStage> _stages;
    private readonly int _index;
    private readonly ulong _seed;
    private PixelPainting _painting;
    private int _step;

    public PixelRun(PixelGenerator owner, GenerationRequest request, Recipe recipe, ulong seed, int index, CancellationToken cancellation, Tensor? start = null)
    {
        _model = owner.Model;
        _recipe = recipe;
        _index = index;
        _seed = seed;
        _generator = new Generator(seed);
        var input = _model.Config.Vision.ImageSize;
        var size = request.Size ?? input;
        _stages = PixelStages.Plan(input, size, recipe.Steps, request.Init is not null);
        _step = request.Init is null ? 0 : recipe.Steps - StepsOf(recipe, request.Strength);
        FirstStep = _step;
        using var scope = new TensorScope();
        var negative = string.IsNullOrWhiteSpace(request.NegativePrompt) ? null : Prompt.Parse(request.NegativePrompt);
        var target = PromptTarget.Embed(_model, owner.Tokenizer, Prompt.Parse(request.Prompt), negative);
        start ??= request.Init is { } picture
            ? PicturePixels.ToTensor(PicturePixels.Square(picture, size), _model.Device)
            : StartPicture.Make(_model, target, recipe, owner.Bank, _stages[0].Size, _generator, cancellation);
        _painting = new PixelPainting(_model, target, recipe, start, request.Mask is { } mask ? ToMask(mask, size) : null);
        _target = TensorScope.Release(target);
    }

    /// <summary>The step that the schedule begins with; above 0 when a given picture is changed by less than all.</summary>
    public int FirstStep { get; }

    /// <summary>The steps that are taken over a given picture.</summary>
    public static int StepsOf(Recipe recipe, double strength) => Math.Max(1, (int)Math.Round(recipe.Steps * strength));

    public int StepsTaken => _step - FirstStep;

    public bool IsFinished => _step >= _recipe.Steps;

    /// <summary>Takes a step.</summary>
    /// <param name="withFrame">Whether the frame is wanted.</param>
    public Frame? Step(bool withFrame)
    {
        using var scope = new TensorScope();
        // In this order: drawing may put a larger painting in the place of this one.
        var draws = Draw();
        var (loss, isBest) = Update(_painting.Measure(draws));
        return withFrame ? At(loss - 1, PicturePixels.ToPicture(_painting.Current()), isBest) : null;
    }

    /// <summary>Takes a step of several runs of one model at once.</summary>
    public static void StepTogether(IReadOnlyList<PixelRun> runs)
    {
        using var scope = new TensorScope();
        ViewDraws[] draws = [.. runs.Select(run => run.Draw())];
        var measurements = PixelPainting.MeasureTogether([.. runs.Select(run => run._painting)], draws);
        for (var i = 0; i < runs.Count; i++)
        {
            runs[i].Update(measurements[i]);
        }
    }

    /// <summary>The last frame: the picture that the recipe chooses among those so far.</summary>
    public Frame Finish()
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        if (!IsFinished && _painting.Size != _stages[^1].Size)
        {
            Grow(_stages[^1].Size);
        }

        var result = _painting.Result();
        var seen = SeparableSampling.Resize(result, _model.Config.Vision.ImageSize);
        var energy = -(_model.EncodeImage(seen) * _target).Sum().ToDouble();
        return At(energy, PicturePixels.ToPicture(result), isBest: true) with { IsLast = true, IsInterrupted = !IsFinished };
    }

    public void Dispose()
    {
        _painting.Dispose();
        _target.Dispose();
        _generator.Dispose();
    }

    /// <summary>The views of the next step, of a picture that has the size of its stage.</summary>
    private ViewDraws Draw()
    {
        if (_stages.FirstOrDefault(stage => _step < stage.End) is { Size: > 0 } stage && stage.Size != _painting.Size)
        {
            Grow(stage.Size);
        }

        return _painting.Views.Draw(_painting.Size, _generator, _model.Device);
    }

    private (double ViewLoss, bool IsBest) Update(PixelMeasurement measurement)
    {
        var rate = 1 - ((1 - _recipe.FinalRate) * _step / _recipe.Steps);
        _step++;
        return _painting.Update(measurement, rate);
    }

    private Frame At(double energy, Picture picture, bool isBest) => new()
    {
        Index = _index,
        Seed = _seed,
        Step = StepsTaken,
        Steps = _recipe.Steps - FirstStep,
        Energy = energy,
        Picture = picture,
        IsBest = isBest,
        Elapsed = _clock.Elapsed,
    };

    // Momentum and best picture begin anew: both belong to the smaller picture.
    private void Grow(int size)
    {
        using var frozen = GradMode.Disable();
        var larger = _painting.Result().UpsampleBicubic2d([size, size], false).Clamp(0, 1);
        _painting.Dispose();
        _painting = new PixelPainting(_model, _target, _recipe, larger);
    }

    private Tensor ToMask(Picture mask, int size)
    {
        var planes = PicturePixels.Square(mask, size, Resampling.Nearest).ToPlanes();
        return Tensor.From(planes, 1, 3, size, size).Mean([1], keepdim: true).To(device: _model.Device);
    }
}
