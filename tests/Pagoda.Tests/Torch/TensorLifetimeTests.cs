using System.Runtime.CompilerServices;
using Pagoda.Torch;
using Pagoda.Torch.Layers;
using Pagoda.Torch.Optimizers;

namespace Pagoda.Tests.Torch;

public sealed class TensorLifetimeTests
{
    [Fact]
    public void Training_AThousandSteps_LeavesNoTensorBehind()
    {
        using var outer = new TensorScope();
        // Sums this small are not worth a second thread, and on a busy machine waiting for it is most of the time.
        var threads = LibTorch.Threads;
        LibTorch.Threads = 1;
        Generator.Seed(1);
        var weights = Weights.Initialize(1, Device.Cpu);
        var (first, second) = (new Linear(weights["first"], 4, 16), new Linear(weights["second"], 16, 1));
        weights.SetTrainable("", true);
        var optimizer = new AdamW([.. weights.Parameters.Values], learningRate: 0.01);
        var average = new ExponentialMovingAverage(weights.Parameters.Select(p => (p.Key, p.Value)), 0.99);
        var (start, _) = (Step(0), Step(1));
        var live = Settle();

        var end = start;
        for (var step = 2; step < 1000; step++)
        {
            end = Step(step);
        }

        LibTorch.Threads = threads;

        // Fewer when other tests' tensors are finalized in between.
        Assert.True(LibTorch.LiveTensors <= live, $"{LibTorch.LiveTensors} tensors live, {live} before");
        Assert.True(end < start / 10, $"the loss went from {start} to {end}");

        double Step(int step)
        {
            using var scope = new TensorScope();
            var x = Ops.Randn([32, 4]);
            var loss = (second.Forward(first.Forward(x).Gelu()) - x.Sum([1], keepdim: true)).Square().Mean();
            optimizer.ZeroGrad();
            Autograd.Backward(loss);
            optimizer.ClipGradients(1);
            optimizer.Step();
            average.Update(step);
            return loss.ToDouble();
        }
    }

    [Fact]
    public async Task Scopes_OnSeveralThreads_DoNotMeet()
    {
        var before = Settle();

        await Task.WhenAll(Enumerable.Range(1, 8).Select(number => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < 200; i++)
                {
                    using var outer = new TensorScope();
                    Tensor kept;
                    using (var inner = new TensorScope())
                    {
                        kept = inner.Keep((Ops.Ones([4]) * number) + i);
                    }

                    Assert.Equal(4 * (number + i), kept.Sum().ToDouble());
                }
            },
            TaskCreationOptions.LongRunning)));

        Assert.True(LibTorch.LiveTensors <= before);
    }

    [Fact]
    public void Modes_AreEachThreadsOwn()
    {
        using var frozen = GradMode.Disable();
        var other = false;
        var thread = new Thread(() => other = GradMode.IsEnabled);
        thread.Start();
        thread.Join();

        Assert.True(other);
        Assert.False(GradMode.IsEnabled);
    }

    [Fact]
    public void Scope_EndedOnAnotherThread_IsRefused()
    {
        var scope = new TensorScope();
        Exception? refusal = null;
        var thread = new Thread(() => refusal = Record.Exception(scope.Dispose));
        thread.Start();
        thread.Join();

        Assert.IsType<InvalidOperationException>(refusal);
        scope.Dispose();
        scope.Dispose(); // twice is once
    }

    [Fact]
    public void Finalizer_FreesWhatWasForgotten()
    {
        var before = Settle();
        Forget();

        Assert.True(Settle() <= before);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Forget()
        {
            for (var i = 0; i < 100; i++)
            {
                Ops.Ones([1000]);
            }
        }
    }

    [Fact]
    public void Release_TakesATensorOutOfEveryScope()
    {
        Tensor free;
        using (new TensorScope())
        using (new TensorScope())
        {
            free = TensorScope.Release(Ops.Ones([2]));
        }

        Assert.Equal([1f, 1f], free.ToArray<float>());
        free.Dispose();
        Assert.True(free.IsDisposed);
    }

    [Fact]
    public void Unowned_TensorsOutliveTheScopesAround()
    {
        Tensor free;
        using (new TensorScope())
        using (TensorScope.Unowned())
        {
            free = Ops.Ones([2]);
        }

        Assert.False(free.IsDisposed);
        free.Dispose();
    }

    [Fact]
    public void Autocast_LeftByAnException_IsOver()
    {
        using var scope = new TensorScope();
        var x = Ops.Ones([2, 2]);

        Assert.Throws<TorchException>(() =>
        {
            using var outer = new Autocast(Device.Cpu);
            using var inner = new Autocast(Device.Cpu, enabled: false);
            x.Matmul(Ops.Ones([3, 3]));
        });

        Assert.Equal(ScalarType.Float32, x.Matmul(x).Type);
    }

    [Fact]
    public void Memory_OfAFreedTensor_IsTheNextOnesUntilReleased()
    {
        const int floats = (24 << 20) + 12_345;
        LibTorch.ReleaseMemory();
        nint Fill(float value)
        {
            using var scope = new TensorScope();
            var tensor = Ops.Full([floats], value, ScalarType.Float32);
            Assert.Equal(value * floats, tensor.Sum().ToDouble(), value * floats * 1e-3);
            return tensor.DataPointer;
        }

        var first = Fill(1);
        Assert.Equal(first, Fill(2));

        var kept = Environment.WorkingSet;
        LibTorch.ReleaseMemory();
        Assert.True(Environment.WorkingSet < kept - (floats * 3L), $"{kept} bytes were resident and {Environment.WorkingSet} are");
    }

    private static long Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return LibTorch.LiveTensors;
    }
}
