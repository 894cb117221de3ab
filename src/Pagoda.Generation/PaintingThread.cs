using System.Collections.Concurrent;

namespace Pagoda.Generation;

/// <summary>
/// Threads that paintings run on, used again and again: a thread that calls libtorch gets worker threads and a pool of memory of its own, and with a
/// new one for each painting these pools add up (60 MB a picture of CLIP-GEN were measured, up to eight times the processors).
/// </summary>
internal sealed class PaintingThread
{
    private static readonly ConcurrentStack<PaintingThread> s_idle = new();
    private readonly SemaphoreSlim _begin = new(0);
    private Action? _work;

    private PaintingThread() => new Thread(Loop) { IsBackground = true, Name = "painting" }.Start();

    /// <summary>Runs something on a thread that nothing else runs on meanwhile.</summary>
    /// <param name="work">What to run; it throws nothing.</param>
    public static void Run(Action work)
    {
        if (!s_idle.TryPop(out var thread))
        {
            thread = new PaintingThread();
        }

        thread._work = work;
        thread._begin.Release();
    }

    private void Loop()
    {
        while (true)
        {
            _begin.Wait();
            _work!();
            _work = null;
            s_idle.Push(this);
        }
    }
}
