using System.Diagnostics;
using Pagoda.Formats.Images;
using Pagoda.Generation.Augment;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Pixels;
using Pagoda.Generation.Prompts;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Models.Gpt;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Generation.ClipGen;

/// <summary>
/// CLIP-GEN (Wang et al. 2022): a prompt's CLIP embedding conditions a transformer, which draws the tokens of several
/// pictures at once; a VQGAN decodes them; the one that matches the prompt best is given. A step is a row of tokens. A
/// prompt may be a picture, of which this then gives variations.
/// </summary>
public sealed class ClipGenGenerator : IGenerator
{
    /// <summary>Candidates decoded and judged in one batch.</summary>
    private const int Together = 8;

    private readonly ClipModel _clip;
    private readonly ClipTokenizer _tokenizer;
    private readonly GptModel _gpt;
    private readonly VqganModel _vqgan;
    private readonly ModalityShift? _modality;

    /// <summary>Puts the networks together; none is disposed.</summary>
    /// <param name="clip">CLIP, by whose embeddings the transformer was trained.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="gpt">The transformer.</param>
    /// <param name="vqgan">The VQGAN whose tokens it draws.</param>
    /// <param name="options">How pictures are sampled and chosen.</param>
    /// <param name="modality">Where the CLIP's embeddings lie, for <see cref="ClipGenOptions.Modality"/>; null for no shift.</param>
    /// <exception cref="GenerationException">The networks do not belong together, or an option is out of range.</exception>
    public ClipGenGenerator(
        ClipModel clip, ClipTokenizer tokenizer, GptModel gpt, VqganModel vqgan, ClipGenOptions? options = null, ModalityShift? modality = null)
    {
        (_clip, _tokenizer, _gpt, _vqgan, _modality) = (clip, tokenizer, gpt, vqgan, modality);
        Options = options ?? new ClipGenOptions();
        Options.Check();
        TokenSampler.CheckGuidance(gpt.Config, Options.Sampling.Guidance);
        Grid = (int)Math.Sqrt(gpt.Config.BlockSize);
        Require(gpt.Config.ConditionWidth == clip.Config.EmbedDim, $"The transformer is conditioned on embeddings of {gpt.Config.ConditionWidth} numbers, and this CLIP's have {clip.Config.EmbedDim}: they do not belong together.");
        Require(gpt.Config.VocabularySize == vqgan.Config.CodebookSize, $"The transformer draws from {gpt.Config.VocabularySize} tokens, and this VQGAN's codebook has {vqgan.Config.CodebookSize}: they do not belong together.");
        Require(Grid * Grid == gpt.Config.BlockSize, $"The transformer draws {gpt.Config.BlockSize} tokens, which make no square.");
        Require(modality is null || modality.Texts.Length == clip.Config.EmbedDim, $"The modality shift has {modality?.Texts.Length} numbers, and this CLIP's embeddings {clip.Config.EmbedDim}.");
    }

    /// <summary>How pictures are sampled and chosen.</summary>
    public ClipGenOptions Options { get; }

    /// <summary>Tokens on a side.</summary>
    public int Grid { get; }

    /// <summary>Side of the pictures in pixels.</summary>
    public int Size => Grid * _vqgan.Config.Factor;

    /// <inheritdoc/>
    public IAsyncEnumerable<Frame> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        Check(request);
        var first = request.Seed ?? GuidedGenerator.RandomSeed();
        return FrameThread.Run(request.Count, (index, send, stop) => PaintOne(request, index, unchecked(first + (ulong)index), send, stop), cancellationToken);
    }

    /// <summary>Draws the candidates of one picture, on the calling thread.</summary>
    /// <param name="request">What to paint; its seed is the randomness, 0 where null.</param>
    /// <param name="cancellationToken">Ends the drawing.</param>
    /// <returns>All of them, the best match first.</returns>
    /// <exception cref="GenerationException">The request cannot be painted.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<ClipGenCandidate> Draw(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        Check(request);
        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        var (prompt, negative) = Prompts(request);
        using var drawing = Begin(prompt, negative, request.Seed ?? 0);
        foreach (var _ in drawing.Run(cancellationToken))
        {
        }

        cancellationToken.ThrowIfCancellationRequested();
        return Rank(drawing, request.Critics, prompt, negative);
    }

    private static (Prompt Prompt, Prompt? Negative) Prompts(GenerationRequest request) =>
        (Prompt.Parse(request.Prompt), string.IsNullOrWhiteSpace(request.NegativePrompt) ? null : Prompt.Parse(request.NegativePrompt));

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new GenerationException(otherwise);
        }
    }

    /// <summary>Refuses what cannot be drawn.</summary>
    /// <exception cref="GenerationException">One sentence on what that is.</exception>
    internal void Check(GenerationRequest request)
    {
        request.Check();
        Require(Options.Beams == 0 || request.Count == 1, $"Beam search finds the same picture whatever the seed; ask for one picture instead of {request.Count}, or draw instead (0 beams).");
        Require(request.Init is null, "CLIP-GEN does not start from a picture; give the picture as the prompt for variations of it, or paint over it with another method.");
        Require(request.Size is null || request.Size == Size, $"This transformer makes pictures of {Size} pixels, not of {request.Size}; leave the size out, or refine the picture at that size.");
    }

    /// <summary>Draws one picture, on the calling thread.</summary>
    internal void PaintOne(GenerationRequest request, int index, ulong seed, Action<Frame> send, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        var (prompt, negative) = Prompts(request);
        var target = PromptTarget.Embed(_clip, _tokenizer, prompt, negative);
        using var drawing = Begin(prompt, negative, seed);
        var (rows, best) = (0, double.PositiveInfinity);
        Frame At(Picture picture, double energy) => new()
        {
            Index = index,
            Seed = seed,
            Step = rows,
            Steps = Grid,
            Energy = energy,
            Picture = picture,
            IsBest = energy < best,
            Elapsed = clock.Elapsed,
        };

        foreach (var length in drawing.Run(stop))
        {
            if (length % Grid != 0)
            {
                continue;
            }

            rows = length / Grid;
            if (rows == Grid || rows == request.StopAfter)
            {
                break;
            }

            if (request.WantsFrame(rows))
            {
                var begun = Stopwatch.GetTimestamp();
                using var inner = new TensorScope();
                var preview = Preview(drawing, rows);
                var frame = At(PicturePixels.ToPicture(preview), Energy(preview, target));
                best = Math.Min(best, frame.Energy);
                request.FramePace?.Spent(Stopwatch.GetElapsedTime(begun));
                send(frame);
            }
        }

        if (rows == 0)
        {
            throw new OperationCanceledException(stop);
        }

        if (rows == Grid)
        {
            var chosen = Rank(drawing, request.Critics, prompt, negative)[0];
            send(At(chosen.Picture, Energy(PicturePixels.ToTensor(chosen.Picture, _clip.Device), target)) with { IsLast = true, IsBest = true });
        }
        else
        {
            var unfinished = Preview(drawing, rows);
            send(At(PicturePixels.ToPicture(unfinished), Energy(unfinished, target)) with { IsLast = true, IsBest = true, IsInterrupted = true });
        }
    }

    private ITokenDrawing Begin(Prompt prompt, Prompt? negative, ulong seed)
    {
        using var scope = new TensorScope();
        var shift = _modality is null || Options.Modality == 0 ? null : Tensor.From([.. _modality.Vector(Options.Modality)], 1, _clip.Config.EmbedDim).To(device: _clip.Device);
        var condition = PromptTarget.Embed(_clip, _tokenizer, prompt, negative, shift);
        return Options.Beams > 0
            ? new BeamSearch(_gpt, condition, Options.Beams, guidance: Options.Sampling.Guidance)
            : new SharedSampler(_gpt, condition.Expand([Options.Candidates, condition.Size(1)]), Options.Sampling with { Seed = seed });
    }

    /// <summary>The rows that the first candidate has so far, above grey: <c>[1, 3, S, S]</c>.</summary>
    private Tensor Preview(ITokenDrawing drawing, int rows)
    {
        var drawn = Decode(drawing.Rows.Take(1), rows);
        var canvas = Ops.Full([1, 3, Size, Size], 0.5, ScalarType.Float32, device: drawn.Device);
        canvas.Narrow(2, 0, drawn.Size(2)).Copy_(drawn);
        return canvas;
    }

    /// <summary>The first rows of tokens of some sequences as pictures in [0, 1], <c>[N, 3, rows·f, S]</c>.</summary>
    private Tensor Decode(IEnumerable<IReadOnlyList<long>> sequences, int rows)
    {
        long[] tokens = [.. sequences.SelectMany(sequence => sequence.Take(rows * Grid))];
        return ((_vqgan.DecodeTokens(Tensor.From(tokens, tokens.Length / (rows * Grid), rows, Grid).To(device: _vqgan.Device)).To(ScalarType.Float32) + 1) * 0.5).Clamp(0, 1);
    }

    private List<ClipGenCandidate> Rank(ITokenDrawing drawing, IReadOnlyList<Critic>? critics, Prompt prompt, Prompt? negative)
    {
        var guides = Critic.Guides(critics is { Count: > 0 } ? critics : [new Critic(_clip, _tokenizer)], prompt, negative);
        var (rows, likelihoods) = (drawing.Rows, drawing.LogLikelihoods);
        var batches = new List<ClipGenCandidate>[(rows.Count + Together - 1) / Together];
        var parts = SideBySide.Parts(batches.Length, 1, _vqgan.Device);
        SideBySide.Run(parts, part =>
        {
            for (var batch = part; batch < batches.Length; batch += parts)
            {
                batches[batch] = Judge(batch * Together);
            }
        });
        return [.. batches.SelectMany(batch => batch).OrderByDescending(candidate => candidate.Score).ThenBy(candidate => candidate.Number)];

        List<ClipGenCandidate> Judge(int start)
        {
            using var scope = new TensorScope();
            using var frozen = GradMode.Disable();
            var count = Math.Min(Together, rows.Count - start);
            var pixels = Decode(rows.Skip(start).Take(count), Grid);
            Picture[] pictures = [.. Enumerable.Range(0, count).Select(i => PicturePixels.ToPicture(pixels.Narrow(0, i, 1)))];
            // Judged as they are saved, in 8 bits.
            var judged = Ops.Cat([.. pictures.Select(picture => PicturePixels.ToTensor(picture, _clip.Device))]);
            var energies = guides.Select(guide => (guide.Energy(judged.To(device: guide.Model.Device)) * guide.Share).To(ScalarType.Float32).ToArray<float>()).ToList();
            double[] scores = [.. pictures.Select((_, i) => -energies.Sum(of => (double)of[i]))];
            return [.. pictures.Select((picture, i) => new ClipGenCandidate(start + i, rows[start + i], scores[i], likelihoods[start + i], picture))];
        }
    }

    private double Energy(Tensor pixels, Tensor target)
    {
        using var scope = new TensorScope();
        var seen = SeparableSampling.Resize(pixels.To(device: _clip.Device), _clip.Config.Vision.ImageSize);
        return -(_clip.EncodeImage(seen) * target).Sum().ToDouble();
    }
}
