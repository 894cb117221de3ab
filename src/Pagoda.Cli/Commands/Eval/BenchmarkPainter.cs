using System.Text.Json.Nodes;
using Pagoda.Cli.Commands.Compare;
using Pagoda.Evaluation.Benchmarks;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Prompts;
using Pagoda.Generation.Provenance;

namespace Pagoda.Cli.Commands.Eval;

/// <summary>Paints the pictures of a benchmark, each with the record that paints it again.</summary>
/// <param name="painter">The model.</param>
/// <param name="options">How to paint.</param>
/// <param name="held">What to dispose of in the end, the painter among it.</param>
internal sealed class BenchmarkPainter(Painter painter, PaintOptions options, Stack<IDisposable> held) : IDisposable
{
    // What says where and when a picture was painted, not how.
    private static readonly string[] s_aside = ["version", "modelSource", "device", "libTorch", "threads", "prompt", "seed", "energy", "promptPictures"];

    /// <summary>All that decides a picture beside its prompt and seed: the record of a painting, with the hashes of every network.</summary>
    /// <exception cref="UsageException">It cannot be painted like this.</exception>
    public JsonObject Settings()
    {
        try
        {
            var request = Request("a picture", 0);
            painter.GeneratorFor(request);
            var nothing = new Frame { Index = 0, Seed = 0, Step = 0, Steps = 0, Energy = 0, Picture = new Picture(1, 1, 3, [0, 0, 0]), IsBest = false, Elapsed = default };
            var record = JsonNode.Parse((painter.Record(request, nothing, ProductVersion.Text) with { Size = request.Size ?? 0 }).ToJson())!.AsObject();
            foreach (var name in s_aside)
            {
                record.Remove(name);
            }

            return record;
        }
        catch (GenerationException problem)
        {
            throw new UsageException(problem.Message);
        }
    }

    /// <summary>Paints what is missing of a shard. An interrupted picture is dropped, since whatever is there counts as finished.</summary>
    /// <param name="set">The pictures.</param>
    /// <param name="shard">Which of them.</param>
    /// <param name="what">What progress calls them.</param>
    /// <param name="output">Where progress goes.</param>
    /// <param name="cancel">Ends it within a step.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Paint(PictureSet set, WorkShard shard, string what, TextWriter output, CancellationToken cancel)
    {
        var (missing, total) = (set.Missing(shard), set.Jobs.Count(job => shard.Has(job.Number)));
        var progress = new ProgressLine(output, shard == WorkShard.All ? what : $"{what} {shard}", total);
        var painted = 0;
        foreach (var job in missing)
        {
            cancel.ThrowIfCancellationRequested();
            var (request, frame) = Painted(job, cancel);
            set.Save(job, PictureFile.EncodePng(frame.Picture, painter.Record(request, frame, ProductVersion.Text).ToPngTexts()));
            painted++;
            progress.Show(total - missing.Count + painted, painted);
        }
    }

    /// <summary>Paints one picture that is not stored.</summary>
    /// <param name="job">Which.</param>
    /// <param name="cancel">Ends it within a step.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Picture Paint(PictureJob job, CancellationToken cancel) => Painted(job, cancel).Frame.Picture;

    public void Dispose()
    {
        while (held.TryPop(out var other))
        {
            other.Dispose();
        }
    }

    private (GenerationRequest Request, Frame Frame) Painted(PictureJob job, CancellationToken cancel)
    {
        var request = Request(job.Text, job.Seed);
        var frame = painter.GeneratorFor(request).GenerateAsync(request, cancel).ToBlockingEnumerable(CancellationToken.None).Last();
        cancel.ThrowIfCancellationRequested();
        return (request, frame);
    }

    private GenerationRequest Request(string text, ulong seed) =>
        painter.Complete(new GenerationRequest(new Prompt([new PromptTerm(text)]).ToString(), options with { Seed = seed }));
}
