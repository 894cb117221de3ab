using Pagoda.Data;

namespace Pagoda.Evaluation.Pictures;

/// <summary>Loads pictures on other threads while the network looks at those before; memory stays the same however many there are.</summary>
public static class DecodedPictures
{
    private const int MostAhead = 128;

    // Of pixels that wait: large photographs wait in smaller numbers.
    private const long MostBytes = 256L << 20;

    /// <summary>The pictures of a share, in order.</summary>
    /// <param name="source">The source.</param>
    /// <param name="share">Which of them.</param>
    /// <param name="cancel">Ends it before the next picture.</param>
    /// <exception cref="Pagoda.Formats.Images.PictureException">One cannot be read; it is named.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IEnumerable<SourcePicture> Of(PictureSource source, Share share, CancellationToken cancel)
    {
        if (!source.IsStored)
        {
            foreach (var paint in source.Read(share))
            {
                cancel.ThrowIfCancellationRequested();
                yield return paint();
            }

            yield break;
        }

        var waiting = new Queue<Task<SourcePicture>>();
        var largest = MostBytes / MostAhead;
        try
        {
            foreach (var load in source.Read(share))
            {
                cancel.ThrowIfCancellationRequested();
                waiting.Enqueue(Task.Run(load, cancel));
                while (waiting.Count > Math.Clamp(MostBytes / largest, 2, MostAhead))
                {
                    yield return Next();
                }
            }

            while (waiting.Count > 0)
            {
                cancel.ThrowIfCancellationRequested();
                yield return Next();
            }
        }
        finally
        {
            // What is under way when somebody stops listening ends by itself; its trouble concerns nobody.
            foreach (var task in waiting)
            {
                _ = task.ContinueWith(done => done.Exception, TaskScheduler.Default);
            }
        }

        SourcePicture Next()
        {
            var picture = waiting.Dequeue().GetAwaiter().GetResult();
            largest = Math.Max(largest, picture.Picture.Pixels.Length);
            return picture;
        }
    }
}
