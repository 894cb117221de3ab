using System.Text.Json;
using Pagoda.Models.Vqgan;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>The VQGAN that a fixture's entry describes.</summary>
internal static class VqganFixture
{
    /// <summary>taming-transformers keeps the towers' shape in <c>ddconfig</c> and the codebook's beside it.</summary>
    public static VqganConfig Taming(Fixture fixture)
    {
        var shape = fixture.Setting("ddconfig") ?? throw new InvalidDataException($"{fixture.File}: its entry in the index has no setting ddconfig.");
        return Shape(shape) with
        {
            LatentChannels = shape.GetProperty("z_channels").GetInt32(),
            CodebookSize = fixture.Int("n_embed"),
            CodebookWidth = fixture.Int("embed_dim"),
        };
    }

    /// <summary>CLIP-GEN has one width for latents and codes, and constants of its own.</summary>
    public static VqganConfig ClipGen(Fixture fixture) => Shape(fixture.Config) with
    {
        LatentChannels = fixture.Int("embed_dim"),
        CodebookSize = fixture.Int("codebook_size"),
        CodebookWidth = fixture.Int("embed_dim"),
        NormEpsilon = 1e-5,
        CommitmentWeight = 0.2,
    };

    private static VqganConfig Shape(JsonElement shape) => new()
    {
        Resolution = shape.GetProperty("resolution").GetInt32(),
        Channels = shape.GetProperty("ch").GetInt32(),
        Multipliers = Ints(shape, "ch_mult"),
        Blocks = shape.GetProperty("num_res_blocks").GetInt32(),
        AttentionResolutions = Ints(shape, "attn_resolutions"),
    };

    private static int[] Ints(JsonElement shape, string name) => [.. shape.GetProperty(name).EnumerateArray().Select(item => item.GetInt32())];
}
