using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>The CLIP model that a fixture's entry describes.</summary>
internal static class ClipFixture
{
    /// <summary>Builds it over the weights that the fixture has or refers to.</summary>
    public static ClipModel Model(FixtureRun run)
    {
        var weights = Weights.Load(run.Weights(), Device.Cpu);
        var model = new ClipModel(weights, Config(run.WeightsFixture));
        weights.ThrowIfUnexpected();
        return model;
    }

    private static ClipConfig Config(Fixture fixture) => new()
    {
        EmbedDim = fixture.Int("embed_dim"),
        // OpenAI's code has QuickGELU built in; open_clip's configurations say so when they want it.
        QuickGelu = fixture.Flag("quick_gelu") ?? fixture.ComesFromRepository("openai/CLIP"),
        Vision = Vision(fixture),
        Text = new TextConfig
        {
            ContextLength = fixture.Int("context_length"),
            VocabularySize = fixture.Int("vocab_size"),
            Width = fixture.Int("transformer_width"),
            Heads = fixture.Int("transformer_heads"),
            Layers = fixture.Int("transformer_layers"),
        },
    };

    private static VisionConfig Vision(Fixture fixture)
    {
        var size = fixture.Int("image_resolution");
        if (fixture.Has("dims"))
        {
            return new VisionConfig
            {
                Architecture = VisionArchitecture.ConvNeXt,
                ImageSize = size,
                Layers = fixture.Ints("depths"),
                Width = fixture.Ints("dims"),
                NormEpsilon = fixture.Number("norm_eps"),
                Projection = fixture.Text("timm_proj") switch
                {
                    "linear" => ConvNeXtProjection.Linear,
                    "mlp" => ConvNeXtProjection.Mlp,
                    _ => ConvNeXtProjection.TrunkClassifier,
                },
            };
        }

        var headWidth = fixture.Has("vision_head_width") ? fixture.Int("vision_head_width") : 64;
        return fixture.Has("vision_patch_size")
            ? new VisionConfig
            {
                Architecture = VisionArchitecture.ViT,
                ImageSize = size,
                PatchSize = fixture.Int("vision_patch_size"),
                Layers = [fixture.Int("vision_layers")],
                Width = [fixture.Int("vision_width")],
                HeadWidth = headWidth,
            }
            : new VisionConfig
            {
                Architecture = VisionArchitecture.ModifiedResNet,
                ImageSize = size,
                Layers = fixture.Ints("vision_layers"),
                Width = [fixture.Int("vision_width")],
                HeadWidth = headWidth,
            };
    }
}
