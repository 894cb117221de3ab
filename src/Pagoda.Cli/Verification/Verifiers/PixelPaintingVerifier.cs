using Pagoda.Generation.Augment;
using Pagoda.Generation.Brushes;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Start;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>Steps of CLIPAG's notebook with its random draws given: start, losses, gradients and the pictures after each step.</summary>
internal sealed class PixelPaintingVerifier : IFixtureVerifier
{
    private const string Losses = ".loss_per_step";

    /// <summary>AdamW divides by the gradient's size, which makes rounding visible: the tolerance of the fixture, in pixels of [0, 1].</summary>
    private const double PictureTolerance = 5e-4;

    public bool Recognises(Fixture fixture) => fixture.ComesFrom("generate") && fixture.Has("num_views") && fixture.Has("clip_grad_norm");

    public void Verify(FixtureRun run)
    {
        var model = ClipFixture.Model(run);
        var target = model.EncodeText(run.Input("text"));
        run.Near("output.target_text_features", target);
        // The notebook compares candidates without CLIP's mean and deviation.
        var samples = run.Input("samples");
        var (chosen, cosines) = StartPicture.Closest(model, [samples], target, normalize: false);
        run.Near("output.sample_cosines", Tensor.From(cosines));
        run.Within("output.chosen_sample", Tensor.FromScalar(chosen), 0);
        foreach (var name in run.ExpectedNames().Where(name => name.EndsWith(Losses, StringComparison.Ordinal) && name.Split('.').Length == 3).Select(name => name.Split('.')[1]).ToList())
        {
            run.Within($"output.{name}.initial_image", samples.Narrow(0, chosen, 1), 0);
            Paint(run, name, model, target, samples.Narrow(0, chosen, 1));
        }
    }

    private static void Paint(FixtureRun run, string name, ClipModel model, Tensor target, Tensor start)
    {
        var fixture = run.Fixture;
        var withPatches = name.StartsWith("patches", StringComparison.Ordinal);
        var recipe = RecipeOf(fixture, name);
        using var brush = new PixelBrush(recipe, start, model.Config.Vision.ImageSize);
        var painting = new Painting(model, target, recipe, brush);
        List<float> losses = [], viewLosses = [], patchLosses = [];
        var steps = run.Expected($"output.{name}{Losses}").Length;
        for (var step = 0; step < steps; step++)
        {
            var measured = painting.Measure(new ViewDraws
            {
                Noise = run.Input("noise").Select(0, step),
                Patches = withPatches ? Crops(run) : [],
                PatchNoise = withPatches ? run.Input("patch_noise").Select(0, step) : null,
            });
            losses.Add((float)measured.Loss.ToDouble());
            viewLosses.Add((float)measured.ViewLoss.ToDouble());
            patchLosses.Add((float)(measured.PatchLoss?.ToDouble() ?? 0));
            run.Near($"output.{name}.image_features_step{step + 1}_normalized", measured.Features.Narrow(0, 0, fixture.Int("num_views")));
            run.Near($"grad.{name}.image_step{step + 1}", measured.Gradient);
            painting.Update(measured);
            run.Near($"grad.{name}.image_step{step + 1}_after_clip_grad_norm", measured.Gradient);
            run.Within($"output.{name}.image_after_step{step + 1}", brush.Draw(), PictureTolerance);
        }

        run.Near($"output.{name}{Losses}", Tensor.From([.. losses]));
        run.Near($"output.{name}.clip_loss_per_step", Tensor.From([.. viewLosses]));
        run.Near($"output.{name}.patch_loss_per_step", Tensor.From([.. patchLosses]));
        run.Near($"output.{name}.best_loss", Tensor.From([(float)painting.BestLoss]));
    }

    /// <summary>The notebook's recipe at the fixture's sizes, its augmentation off.</summary>
    private static Recipe RecipeOf(Fixture fixture, string name) => Recipe.ClipagNotebook with
    {
        Augment = "",
        Views = fixture.Int("num_views"),
        Patches = fixture.Int("num_patches"),
        LearningRate = fixture.Number("lr"),
        GradientLimit = fixture.Number("clip_grad_norm"),
        ViewWeight = fixture.Number("lambda_clip_loss"),
        PatchWeight = fixture.Number("lambda_patch_loss"),
        Threshold = name.StartsWith("clamp", StringComparison.Ordinal) ? 0 : fixture.Number("thresholding"),
        Rejection = name.EndsWith("rejection", StringComparison.Ordinal) ? fixture.Number("rejection") : 0,
    };

    private static List<Crop> Crops(FixtureRun run)
    {
        var offsets = run.Input("patch_offsets").ToArray<long>();
        return [.. offsets.Chunk(2).Select(at => new Crop((int)at[0], (int)at[1], run.Fixture.Int("patch_size")))];
    }
}
