using FsCheck;
using FsCheck.Fluent;
using Pagoda.Studio.Jobs;
using Pagoda.Studio.Settings;

namespace Pagoda.Tests.Studio;

public sealed class JobQueueTests
{
    [Fact]
    public void Take_ClientsInTurn_WhoeverAskedMuchFirstDoesNotHoldUpOthers()
    {
        var queue = new JobQueue();
        foreach (var name in new[] { "a1", "a2", "a3", "b1", "c1", "c2" })
        {
            queue.Add(JobOf(name));
        }

        Assert.Equal(["a1", "b1", "c1", "a2", "c2", "a3"], queue.Order().Select(job => job.Id));
        Assert.Equal("a1", queue.Take()!.Id);
        queue.Add(JobOf("d1"));
        Assert.Equal(["b1", "c1", "a2", "d1", "c2", "a3"], queue.Order().Select(job => job.Id));
    }

    [Fact]
    public void Order_AnyJobsAddedTakenAndRemoved_IsWhatTakeGives() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(),
        moves =>
        {
            var queue = new JobQueue();
            List<Job> inside = [];
            for (var at = 0; at < moves.Length; at++)
            {
                switch (moves[at] % 5)
                {
                    case 0 when queue.Take() is { } taken:
                        Assert.True(inside.Remove(taken));
                        break;
                    case 1 when inside.Count > 0:
                        var gone = inside[moves[at] % inside.Count];
                        Assert.True(queue.Remove(gone));
                        inside.Remove(gone);
                        break;
                    default:
                        var job = JobOf($"{(char)('a' + (moves[at] % 7))}{at}");
                        queue.Add(job);
                        inside.Add(job);
                        break;
                }

                Assert.Equal(inside.Count, queue.Count);
            }

            var order = queue.Order();
            Assert.Equal(inside.ToHashSet(), order.ToHashSet());
            Assert.Equal(order, Enumerable.Range(0, order.Count).Select(_ => queue.Take()!));
            Assert.Null(queue.Take());
        }).QuickCheckThrowOnFailure();

    // The letter says whose it is.
    private static Job JobOf(string name) => new(name, name[..1], new PaintSettings([]), DateTimeOffset.UnixEpoch);
}
