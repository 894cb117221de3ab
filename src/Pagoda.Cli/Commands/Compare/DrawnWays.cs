using Pagoda.Cli.Commands.Vqgan;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands.Compare;

/// <summary>CLIP-GEN with and without its parts, to be compared: what the modality's shift, the choice among candidates and the refinement are worth.</summary>
/// <param name="painter">A model with CLIP-GEN's networks.</param>
internal sealed class DrawnWays(Painter painter)
{
    /// <summary>What the pictures of a scene are called after they were tokens.</summary>
    public const string Reconstructed = "reconstructed";

    /// <summary>Each way's name in folders, and what the tables call it.</summary>
    public static IReadOnlyList<(string Name, string Label)> All { get; } =
    [
        ("one", "one drawn"), ("one-shifted", "one drawn, shifted"), ("ranked", "best drawn"), ("ranked-shifted", "best drawn, shifted"), ("refined", "best drawn, shifted, refined"),
    ];

    /// <summary>Draws a picture for each prompt.</summary>
    /// <param name="way">A name of <see cref="All"/>.</param>
    /// <param name="prompts">The prompts with their seeds.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<Picture> Paint(string way, IReadOnlyList<(string Prompt, ulong Seed)> prompts, CancellationToken cancel)
    {
        var pictures = new List<Picture>();
        foreach (var (prompt, seed) in prompts)
        {
            var frame = painter.Paint(prompt, OptionsOf(way) with { Seed = seed }, cancel);
            cancel.ThrowIfCancellationRequested();
            pictures.Add(frame.Picture);
        }

        return pictures;
    }

    /// <summary>What makes a way's pictures, in a line.</summary>
    public string MakerOf(string way)
    {
        var request = painter.Complete(new GenerationRequest("a prompt", OptionsOf(way) with { Seed = 0 }));
        var networks = painter.NetworksOf(request);
        return $"{painter.Clip.Hash} {networks.Gpt.Sha256} {networks.Vqgan.Sha256} {networks.Modality?.Sha256}\n{request.ClipGen}\n{request.Recipe}\n";
    }

    /// <summary>What is left of pictures after their tokens.</summary>
    /// <param name="pictures"><c>[N, 3, H, W]</c> in [0, 1].</param>
    public IReadOnlyList<Picture> Reconstruct(Tensor pictures)
    {
        using var frozen = GradMode.Disable();
        var (vqgan, made) = (painter.Networks().Vqgan.Model, new List<Picture>());
        for (long at = 0; at < pictures.Size(0); at++)
        {
            using var scope = new TensorScope();
            made.AddRange(PictureInputs.Pictures(vqgan.DecodeTokens(vqgan.EncodeTokens((pictures.Narrow(0, at, 1) * 2) - 1))));
        }

        return made;
    }

    private PaintOptions OptionsOf(string way)
    {
        var own = painter.Defaults.ClipGen;
        return new PaintOptions
        {
            Method = PaintMethod.ClipGen,
            Refine = way == "refined",
            ClipGen = own with { Candidates = way.StartsWith("one", StringComparison.Ordinal) ? 1 : own.Candidates, Modality = way is "one" or "ranked" ? 0 : own.Modality },
        };
    }
}
