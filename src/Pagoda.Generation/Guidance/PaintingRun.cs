using System.Diagnostics;
using Pagoda.Generation.Augment;
using Pagoda.Generation.Brushes;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Prompts;
using Pagoda.Generation.Recipes;
using Pagoda.Torch;

namespace Pagoda.Generation.Guidance;

/// <summary>Paints one picture of a request from its own seed; all on the thread that calls it.</summary>
internal sealed class PaintingRun : IDisposable
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Recipe _recipe;
    private readonly Generator _generator;
    private readonly List<Guide> _guides;
    private readonly List<Stage> _stages;
    private readonly int _index;
    private readonly ulong _seed;
    private readonly string _prompt;
    private Brush _brush;
    private Painting _painting;
    private int _step;

    public PaintingRun(GuidedGenerator owner, GenerationRequest request, Recipe recipe, ulong seed, int index, CancellationToken cancellation, Tensor? start = null)
    {
        (_recipe, _index, _seed, _prompt) = (recipe, index, seed, request.Prompt);
        _generator = new Generator(seed);
        _stages = owner.StagesOf(request, recipe);
        _step = request.Init is null ? 0 : recipe.Steps - StepsOf(recipe, request.Strength);
        FirstStep = _step;
        using var scope = new TensorScope();
        var negative = string.IsNullOrWhiteSpace(request.NegativePrompt) ? null : Prompt.Parse(request.NegativePrompt);
        _guides = [.. Critic.Guides(owner.Critics, Prompt.Parse(request.Prompt), negative).Select(guide => guide with { Target = TensorScope.Release(guide.Target) })];

        _brush = owner.Begin(new BrushStart(request, recipe, _guides, _stages[0].Size, _generator, start), cancellation);
        _painting = new Painting(_guides, recipe, _brush);
    }

    /// <summary>The step that the schedule begins with; above 0 when a given picture is changed by less than all.</summary>
    public int FirstStep { get; }

    public int StepsTaken => _step - FirstStep;

    public bool IsFinished => _step >= _recipe.Steps;

    /// <summary>The steps that are taken over a given picture.</summary>
    public static int StepsOf(Recipe recipe, double strength) => Math.Max(1, (int)Math.Round(recipe.Steps * strength));

    /// <summary>Takes a step.</summary>
    /// <returns>The measured energy, and whether it is the lowest so far.</returns>
    public (double Energy, bool IsBest) Step()
    {
        using var scope = new TensorScope();
        // In this order: drawing may put a larger painting in the place of this one.
        var draws = Draw();
        var (loss, isBest) = Update(_painting.Measure(draws));
        return (loss - 1, isBest);
    }

    /// <summary>The frame after the step that has just been taken.</summary>
    /// <param name="step">What <see cref="Step"/> gave.</param>
    public Frame FrameOf((double Energy, bool IsBest) step)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        return At(step.Energy, PicturePixels.ToPicture(_brush.Draw()), step.IsBest);
    }

    /// <summary>Takes a step of several runs of the same models at once.</summary>
    public static void StepTogether(IReadOnlyList<PaintingRun> runs)
    {
        using var scope = new TensorScope();
        ViewDraws[][] draws = [.. runs.Select(run => run.Draw())];
        var measurements = Painting.MeasureTogether([.. runs.Select(run => run._painting)], draws);
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
        if (!IsFinished && _brush.Size != _stages[^1].Size)
        {
            Grow(_stages[^1].Size);
        }

        if (_recipe.Result == ResultRule.Last)
        {
            _brush.Keep();
        }

        _brush.Finish();
        var result = _brush.DrawKept();
        var energy = _guides.Sum(guide => guide.Share * guide.Energy(result).Sum().ToDouble());
        return At(energy, PicturePixels.ToPicture(result), isBest: true) with { IsLast = true, IsInterrupted = !IsFinished, Svg = _brush.WriteSvg(_prompt) };
    }

    public void Dispose()
    {
        _brush.Dispose();
        _guides.ForEach(guide => guide.Target.Dispose());
        _generator.Dispose();
    }

    /// <summary>The views of the next step, of a picture that has the size of its stage.</summary>
    private ViewDraws[] Draw()
    {
        if (_stages.FirstOrDefault(stage => _step < stage.End) is { Size: > 0 } stage && stage.Size != _brush.Size)
        {
            Grow(stage.Size);
        }

        return _painting.Draw(_generator);
    }

    private (double ViewLoss, bool IsBest) Update(Measurement measurement)
    {
        var rate = 1 - ((1 - _recipe.FinalRate) * _step / _recipe.Steps);
        _step++;
        return _painting.Update(measurement, rate);
    }

    private Frame At(double energy, Formats.Images.Picture picture, bool isBest) => new()
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

    private void Grow(int size)
    {
        using var frozen = GradMode.Disable();
        if (_recipe.Result == ResultRule.Last)
        {
            _brush.Keep();
        }

        var smaller = _brush;
        _brush = smaller.Enlarge(size);
        smaller.Dispose();
        _painting = new Painting(_guides, _recipe, _brush);
    }
}
