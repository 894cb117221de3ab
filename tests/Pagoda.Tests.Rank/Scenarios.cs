using Pagoda.Torch;
using Pagoda.Torch.Distributed;

namespace Pagoda.Tests.Rank;

/// <summary>What a rank does once it has joined. A wrong result throws.</summary>
internal static class Scenarios
{
    public static Action<ProcessGroup> Named(string name) => name switch
    {
        "collectives" => Collectives,
        "texts" => Texts,
        "endless" => Endless,
        "idle" => Idle,
        "fail" => Fail,
        "throw" => Throw,
        "leave-early" => LeaveEarly,
        "late" => Late,
        _ => throw new ArgumentException($"There is no scenario \"{name}\"."),
    };

    private static void Collectives(ProcessGroup group)
    {
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64, ScalarType.Int64, ScalarType.BFloat16, ScalarType.Float16 })
        {
            AllReduce(group, type);
            AllGather(group, type);
            Broadcast(group, type);
        }

        AllGather(group, ScalarType.Bool);
        Expect("sum of a number", group.Sum(0.5 + group.Rank), (0.5 * group.Size) + (group.Size * (group.Size - 1) / 2.0));
        group.Barrier();
        Expect("an empty list", 0, EmptyList(group));
    }

    /// <summary>Sizes around the bucket of 25 MB, a transposed tensor, an empty one and a scalar.</summary>
    private static void AllReduce(ProcessGroup group, ScalarType type)
    {
        using var scope = new TensorScope();
        var whole = type.ByteSize() * 3_000_000L;
        var tensors = new List<Tensor>();
        foreach (var size in new[] { 1L, 1000, whole > 20_000_000 ? 3_000_000 : 10_000, 7 })
        {
            tensors.Add(Ops.Full([size], group.Rank + 1, type));
        }

        tensors.Add(Ops.Arange(6, dtype: ScalarType.Float32).To(dtype: type).Reshape([2, 3]).T());
        tensors.Add(Ops.Zeros([0], type));
        tensors.Add(Ops.Full([], group.Rank + 1, type));
        var leaf = type == ScalarType.Float32 ? Ops.Full([3], group.Rank + 1, type).WithGrad() : Ops.Full([3], group.Rank + 1, type);
        tensors.Add(leaf);
        group.AllReduce(tensors);
        var sum = group.Size * (group.Size + 1) / 2;
        foreach (var tensor in tensors.Where(tensor => tensor.Elements > 0 && tensor.Dimensions < 2))
        {
            Expect($"all-reduce of {tensor}, smallest", tensor.To(dtype: ScalarType.Float64).Min().ToDouble(), sum);
            Expect($"all-reduce of {tensor}, largest", tensor.To(dtype: ScalarType.Float64).Max().ToDouble(), sum);
        }

        var transposed = tensors[4].To(dtype: ScalarType.Float64).ToArray<double>();
        for (var i = 0; i < 6; i++)
        {
            Expect($"transposed element {i} of {type}", transposed[i], group.Size * ((i % 2 * 3) + (i / 2)));
        }
    }

    private static void AllGather(ProcessGroup group, ScalarType type)
    {
        using var scope = new TensorScope();
        var own = type == ScalarType.Bool ? Ops.Full([2, 3], group.Rank % 2, type) : Ops.Full([2, 3], group.Rank, type);
        var all = group.AllGather(own);
        Expect($"all-gather of {type}, type", (int)all.Type, (int)type);
        Expect($"all-gather of {type}, shape", string.Join(",", all.Shape.ToArray()) == $"{group.Size},2,3" ? 1 : 0, 1);
        var numbers = all.To(dtype: ScalarType.Float64).ToArray<double>();
        for (var i = 0; i < numbers.Length; i++)
        {
            Expect($"all-gather of {type}, element {i}", numbers[i], type == ScalarType.Bool ? i / 6 % 2 : i / 6);
        }
    }

    private static void Broadcast(ProcessGroup group, ScalarType type)
    {
        using var scope = new TensorScope();
        var root = group.Size - 1;
        var dense = Ops.Full([5], group.Rank + 10, type);
        var transposed = Ops.Full([2, 3], group.Rank + 20, type).T();
        group.Broadcast([dense, transposed], root);
        Expect($"broadcast of {type}", dense.To(dtype: ScalarType.Float64).Mean().ToDouble(), root + 10);
        Expect($"broadcast of transposed {type}", transposed.To(dtype: ScalarType.Float64).Mean().ToDouble(), root + 20);
    }

    private static double EmptyList(ProcessGroup group)
    {
        group.AllReduce([]);
        group.Broadcast([]);
        return 0;
    }

    private static void Texts(ProcessGroup group)
    {
        for (var round = 0; round < 20; round++)
        {
            var texts = group.AllGatherText($"\"{round}\" of {group.Rank}:\n\u3042");
            for (var rank = 0; rank < group.Size; rank++)
            {
                Expect($"text {rank} is \"{texts[rank]}\"", texts[rank] == $"\"{round}\" of {rank}:\n\u3042" ? 1 : 0, 1);
            }

            Expect("the main rank's text", group.BroadcastText($"{group.Rank}") == "0" ? 1 : 0, 1);
        }
    }

    /// <summary>Collectives until somebody ends it.</summary>
    private static void Endless(ProcessGroup group)
    {
        for (var step = 0; ; step++)
        {
            group.Sum(step);
            if (step == 10)
            {
                Console.WriteLine("running");
            }
        }
    }

    /// <summary>Computes on its own; nothing but the signs of life connects the ranks.</summary>
    private static void Idle(ProcessGroup group)
    {
        Console.WriteLine("running");
        Thread.Sleep(Timeout.Infinite);
    }

    private static void Fail(ProcessGroup group)
    {
        group.Barrier();
        if (group.Rank == 1)
        {
            group.Fail("the loss is not a number.");
            return;
        }

        Endless(group);
    }

    /// <summary>An error that nobody reports.</summary>
    private static void Throw(ProcessGroup group)
    {
        group.Barrier();
        if (group.Rank == 1)
        {
            throw new DistributedException("out of memory");
        }

        Endless(group);
    }

    private static void LeaveEarly(ProcessGroup group)
    {
        if (group.Rank == 0)
        {
            Endless(group);
        }
    }

    /// <summary>Rank 1 works on for longer than the others wait for signs of life.</summary>
    private static void Late(ProcessGroup group)
    {
        if (group.Rank == 1)
        {
            Thread.Sleep(6000);
        }
    }

    private static void Expect(string what, double found, double expected)
    {
        if (found != expected)
        {
            throw new DistributedException($"wrong: {what} is {found}, not {expected}");
        }
    }
}
