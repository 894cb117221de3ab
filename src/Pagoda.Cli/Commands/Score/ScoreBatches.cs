using Pagoda.Formats.Images;
using Pagoda.Generation.Scoring;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands.Score;

/// <summary>Scores many pictures, a batch at a time; those that cannot be read are told and counted.</summary>
/// <param name="critic">The model that judges.</param>
/// <param name="batch">Pictures at a time.</param>
/// <param name="error">Where bad pictures, and on a terminal the progress, are told.</param>
internal sealed class ScoreBatches(PictureCritic critic, int batch, TextWriter error)
{
    private readonly bool _live = Terminal.IsTerminal(error);
    private long _done;

    /// <summary>Pictures that could not be read.</summary>
    public long Failed { get; private set; }

    /// <summary>Each file against each text.</summary>
    public void All(IEnumerable<string> files, IReadOnlyList<string> texts, IScoreWriter rows, CancellationToken cancel)
    {
        using var scope = new TensorScope();
        var embeddings = critic.Clip.EncodeText(texts);
        foreach (var part in files.Chunk(batch))
        {
            cancel.ThrowIfCancellationRequested();
            var read = Read(part);
            if (read.Count > 0)
            {
                var cosines = critic.Cosines([.. read.Select(one => one.Seen)], embeddings);
                for (var i = 0; i < read.Count; i++)
                {
                    for (var t = 0; t < texts.Count; t++)
                    {
                        rows.Write(new ScoreRow(part[read[i].At], texts[t], cosines[i][t]));
                    }
                }
            }

            Tell(part.Length);
        }
    }

    /// <summary>Each file against its own text.</summary>
    /// <param name="pairs">Files as they are to be named, and texts.</param>
    /// <param name="folder">What the files' names are relative to.</param>
    /// <param name="rows">Where the scores go.</param>
    /// <param name="cancel">Ends it between batches.</param>
    public void Pairs(IEnumerable<(string File, string Text)> pairs, string folder, IScoreWriter rows, CancellationToken cancel)
    {
        foreach (var part in pairs.Chunk(batch))
        {
            cancel.ThrowIfCancellationRequested();
            var read = Read([.. part.Select(pair => Path.Combine(folder, pair.File))]);
            if (read.Count > 0)
            {
                var cosines = critic.PairedCosines([.. read.Select(one => one.Seen)], [.. read.Select(one => part[one.At].Text)]);
                for (var i = 0; i < read.Count; i++)
                {
                    rows.Write(new ScoreRow(part[read[i].At].File, part[read[i].At].Text, cosines[i]));
                }
            }

            Tell(part.Length);
        }
    }

    /// <summary>Ends the live line.</summary>
    public void End()
    {
        if (_live)
        {
            error.Write("\r\e[K");
        }
    }

    private List<(int At, Picture Seen)> Read(string[] files)
    {
        var seen = new Picture?[files.Length];
        var problems = new string?[files.Length];
        Parallel.For(0, files.Length, i =>
        {
            try
            {
                seen[i] = critic.Seen(PictureFile.Load(files[i]));
            }
            catch (PictureException problem)
            {
                problems[i] = problem.Message;
            }
        });
        foreach (var problem in problems.OfType<string>())
        {
            Failed++;
            End();
            error.WriteLine($"pagoda: {problem}");
        }

        return [.. seen.Select((picture, at) => (at, picture)).Where(one => one.picture is not null).Select(one => (one.at, one.picture!))];
    }

    private void Tell(int count)
    {
        _done += count;
        if (_live)
        {
            error.Write($"\r\e[K{_done:N0} pictures");
        }
    }
}
