using Pagoda.Generation;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation;

public sealed class SideBySideTests
{
    [Fact]
    public void Run_DoesEveryPartWithItsShareOfTheThreads()
    {
        var before = LibTorch.Threads;
        var (threads, on) = (new int[3], new int[3]);

        SideBySide.Run(3, part => (threads[part], on[part]) = (LibTorch.Threads, Environment.CurrentManagedThreadId));

        Assert.All(threads, of => Assert.Equal(Math.Max(1, before / 3), of));
        Assert.Equal(3, on.Distinct().Count());
        Assert.Equal(Environment.CurrentManagedThreadId, on[0]);
        Assert.Equal(before, LibTorch.Threads);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Run_APartFails_ThrowsItsExceptionAfterAll(int failing)
    {
        var done = 0;
        var problem = Assert.Throws<GenerationException>(() => SideBySide.Run(2, part =>
        {
            if (part == failing)
            {
                throw new GenerationException("no");
            }

            Thread.Sleep(20);
            Interlocked.Increment(ref done);
        }));

        Assert.Equal(("no", 1), (problem.Message, done));
    }

    [Theory]
    [InlineData(7, 8, 1)]
    [InlineData(0, 1, 1)]
    public void Parts_TooFewItems_AreOne(int items, int least, int parts) => Assert.Equal(parts, SideBySide.Parts(items, least, Device.Cpu));
}
