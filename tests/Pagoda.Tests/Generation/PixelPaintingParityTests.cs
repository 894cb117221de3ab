using Pagoda.Formats.Checkpoints;
using Pagoda.Generation.Augment;
using Pagoda.Generation.Brushes;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Start;
using Pagoda.Models;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation;

/// <summary>Steps of CLIPAG's notebook with its random draws given, against what the notebook computed.</summary>
public sealed class PixelPaintingParityTests
{
    private const string Shared = "clipag_generate.safetensors";

    // The notebook's at the fixture's sizes, its augmentation off.
    private static readonly Recipe s_recipe = Recipe.ClipagNotebook with { Augment = "", Views = 2, Patches = 3, Rejection = 0 };

    private static ClipModel Model()
    {
        var config = new ClipConfig
        {
            EmbedDim = 32,
            Vision = new VisionConfig { Architecture = VisionArchitecture.ViT, ImageSize = 32, Layers = [2], Width = [128], PatchSize = 8 },
            Text = new TextConfig { ContextLength = 16, VocabularySize = 250, Width = 64, Heads = 2, Layers = 2 },
        };
        var file = CheckpointFile.Open(SharedFolder.File("parity", "openclip_vit.safetensors"));
        return new ClipModel(Weights.Load(new ArchiveWeights(file), Device.Cpu), config);
    }

    [SharedFact("parity", Shared)]
    public void Closest_WithoutNormalization_ChoosesTheNotebooksStart()
    {
        using var scope = new TensorScope();
        using var fixture = new Fixture(Shared);
        var model = Model();
        var target = model.EncodeText(fixture.Input("text"));
        fixture.AssertClose("output.target_text_features", target);

        var (index, cosines) = StartPicture.Closest(model, fixture.Input("samples").Split(3), target, normalize: false);

        fixture.AssertClose("output.sample_cosines", Tensor.From(cosines));
        Assert.Equal(fixture.Read("fixture.output.chosen_sample").ToInt64(), index);
    }

    [SharedTheory("parity", Shared)]
    [InlineData("dynamic", 0.95, 3, 0.0)]
    [InlineData("clamp", 0.0, 3, 0.0)]
    [InlineData("patches", 0.95, 1, 0.0)]
    [InlineData("patches_rejection", 0.95, 1, 0.5)]
    public void Steps_GivenDraws_EqualTheNotebooks(string name, double threshold, int steps, double rejection)
    {
        using var scope = new TensorScope();
        using var fixture = new Fixture(Shared);
        var withPatches = name.StartsWith("patches", StringComparison.Ordinal);
        var model = Model();
        var start = fixture.Read($"fixture.output.{name}.initial_image");
        var offsets = fixture.Input("patch_offsets").ToArray<long>();
        var recipe = s_recipe with { Threshold = threshold, Rejection = rejection };
        using var brush = new PixelBrush(recipe, start, model.Config.Vision.ImageSize);
        var painting = new Painting(model, model.EncodeText(fixture.Input("text")), recipe, brush);
        List<float> losses = [], viewLosses = [];
        for (var step = 0; step < steps; step++)
        {
            var measured = painting.Measure(new ViewDraws
            {
                Noise = fixture.Input("noise").Select(0, step),
                Patches = withPatches ? [.. Enumerable.Range(0, 3).Select(i => new Crop((int)offsets[2 * i], (int)offsets[(2 * i) + 1], 20))] : [],
                PatchNoise = withPatches ? fixture.Input("patch_noise").Select(0, 0) : null,
            });
            losses.Add((float)measured.Loss.ToDouble());
            viewLosses.Add((float)measured.ViewLoss.ToDouble());
            if (step == 0)
            {
                fixture.AssertClose($"output.{name}.image_features_step1_normalized", measured.Features.Narrow(0, 0, 2));
                fixture.AssertClose($"grad.{name}.image_step1", measured.Gradient);
            }

            painting.Update(measured);
            if (step == 0)
            {
                fixture.AssertClose($"grad.{name}.image_step1_after_clip_grad_norm", measured.Gradient);
            }

            if (withPatches)
            {
                fixture.AssertClose($"output.{name}.patch_loss_per_step", measured.PatchLoss!);
            }

            // AdamW divides by the gradient's size, which makes rounding visible: an absolute tolerance, as the fixture asks.
            fixture.AssertNear($"output.{name}.image_after_step{step + 1}", brush.Draw(), 5e-4);
        }

        fixture.AssertClose($"output.{name}.loss_per_step", Tensor.From([.. losses]));
        fixture.AssertClose($"output.{name}.clip_loss_per_step", Tensor.From([.. viewLosses]));
        fixture.AssertClose($"output.{name}.best_loss", Tensor.From([(float)painting.BestLoss]));
    }
}
