using System.Runtime.ExceptionServices;
using Pagoda.Torch;

namespace Pagoda.Generation;

/// <summary>
/// Independent pieces of work on the processor, each on a thread of its own with its share of the cores. Operators on small tensors
/// that share their work out to all cores wait for each other thousands of times in a second, and wherever another program
/// has one of the cores, all wait for it; pieces wait once, at the end.
/// </summary>
internal static class SideBySide
{
    /// <summary>Into how many parts to cut some items: one on a GPU, which has its own ways.</summary>
    /// <param name="items">How many there are.</param>
    /// <param name="least">The fewest that a part may have for its operators to be efficient.</param>
    /// <param name="device">Where they are worked on.</param>
    public static int Parts(int items, int least, Device device) =>
        device.Type == DeviceType.Cpu ? Math.Clamp(items / least, 1, LibTorch.Threads) : 1;

    /// <summary>Does all parts and waits for them. Scopes and libtorch's modes are each thread's own.</summary>
    /// <param name="parts">How many there are.</param>
    /// <param name="work">Does the part of a number; the first is done by this thread.</param>
    public static void Run(int parts, Action<int> work)
    {
        if (parts == 1)
        {
            work(0);
            return;
        }

        var threads = Math.Max(1, LibTorch.Threads / parts);
        var problems = new ExceptionDispatchInfo?[parts];
        using var left = new CountdownEvent(parts - 1);
        for (var i = 1; i < parts; i++)
        {
            var part = i;
            PaintingThread.Run(() =>
            {
                Do(part);
                left.Signal();
            });
        }

        Do(0);
        left.Wait();
        Array.Find(problems, problem => problem is not null)?.Throw();

        void Do(int part)
        {
            try
            {
                using var share = new OwnThreads(threads);
                work(part);
            }
            catch (Exception problem)
            {
                problems[part] = ExceptionDispatchInfo.Capture(problem);
            }
        }
    }
}
