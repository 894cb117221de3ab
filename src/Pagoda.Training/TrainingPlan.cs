using System.Globalization;
using Pagoda.Torch;
using Pagoda.Training.Learners;

namespace Pagoda.Training;

/// <summary>What a run is about to do, worked out from its options before anything is built.</summary>
/// <param name="Method">What it trains for.</param>
/// <param name="Model">The image tower's kind and size, and where the weights come from.</param>
/// <param name="Trained">Numbers that training changes.</param>
/// <param name="Frozen">Numbers that stay as they are.</param>
/// <param name="Data">What the data is and how much.</param>
/// <param name="Batch">Pictures a step, of all ranks.</param>
/// <param name="Negatives">Negatives painted a step, of all ranks; 0 for methods that paint none.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Ranks">Processes that train together.</param>
/// <param name="Device">Where this one computes.</param>
/// <param name="Autocast">Whether products run in bfloat16.</param>
/// <param name="Memory">Bytes that this process will take, about.</param>
/// <param name="Available">Bytes that there are; null when that is not known.</param>
/// <param name="Operations">Floating-point operations of this process a step; null for towers that are not counted.</param>
public sealed record TrainingPlan(
    string Method, string Model, long Trained, long Frozen, string Data, int Batch, int Negatives, long Steps, int Ranks, Device Device, bool Autocast,
    MemoryEstimate Memory, long? Available, double? Operations)
{
    /// <summary>Plans a run.</summary>
    /// <param name="options">The run.</param>
    /// <param name="shape">What is trained.</param>
    /// <param name="device">Where it computes.</param>
    /// <param name="data">What the data is.</param>
    /// <param name="dataBytes">What the data holds in memory.</param>
    /// <param name="ranks">Processes that train together.</param>
    internal static TrainingPlan Of(TrainingOptions options, ILearnerShape shape, Device device, string data, long dataBytes, int ranks)
    {
        var autocast = Autocasts(options, device);
        return new TrainingPlan(
            EnumNames.NameOf(options.Method), shape.Model, shape.Trained, shape.Frozen, data,
            options.Optimizer.Batch, options.Method == TrainingMethod.ClipJem ? options.Energy.Negatives : 0, options.Optimizer.Steps, ranks, device, autocast,
            shape.Memory(options, dataBytes, ranks, autocast), Free(device), shape.Operations(options, ranks));
    }

    /// <summary>Whether products run in bfloat16.</summary>
    public static bool Autocasts(TrainingOptions options, Device device) => options.Autocast ?? (device.Type == DeviceType.Cuda || LibTorch.HasFastBFloat16);

    /// <summary>Seconds of a step at a rate of multiplications that is never quite reached.</summary>
    /// <param name="rate">Floating-point operations a second of large products.</param>
    public double? SecondsAt(double rate) => Operations / rate;

    /// <summary>Why the run cannot be held, and which settings would let it; null when it can.</summary>
    internal static string? Problem(TrainingOptions options, ILearnerShape shape, Device device, int ranks)
    {
        var plan = Of(options, shape, device, "", 0, ranks);
        if (options.Memory.Overcommit || plan.Available is not { } available || plan.Memory.Bytes <= available)
        {
            return null;
        }

        var need = $"The run needs about {Gigabytes(plan.Memory.Bytes)} of memory on {device}, and {Gigabytes(available)} are free";
        var own = options.Optimizer.Batch / ranks;
        var chunks = Enumerable.Range(0, 16).Select(power => 1 << power).Where(chunk => chunk < own).Reverse().Prepend(0);
        var ways = from checkpointing in new[] { options.Memory.Checkpointing, shape.CanCheckpoint }.Distinct()
                   from chunk in chunks
                   let memory = options.Memory with { Checkpointing = checkpointing, Chunk = chunk }
                   let bytes = Of(options with { Memory = memory }, shape, device, "", 0, ranks).Memory.Bytes
                   where bytes <= available
                   select (memory, bytes);
        foreach (var (memory, bytes) in ways)
        {
            var set = string.Concat(
                memory.Chunk != options.Memory.Chunk ? $" memory.chunk={memory.Chunk}" : "", memory.Checkpointing != options.Memory.Checkpointing ? " memory.checkpointing=true" : "");
            return $"{need}; with --set{set} it needs about {Gigabytes(bytes)} and computes the same (--set memory.overcommit=true starts it as it is).";
        }

        var least = Of(options with { Memory = options.Memory with { Chunk = 1, Checkpointing = shape.CanCheckpoint } }, shape, device, "", 0, ranks).Memory;
        return $"{need}; even with memory.chunk=1{(shape.CanCheckpoint ? " and memory.checkpointing=true" : "")} it needs {Gigabytes(least.Bytes)}, {Gigabytes(least.Model)} of them for weights and their moments: take a smaller model, {(options.Optimizer.AverageDecay > 0 ? "optimizer.average_decay=0, " : "")}or a larger machine.";
    }

    private static string Gigabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB");

    private static long? Free(Device device)
    {
        if (device.Type == DeviceType.Cuda)
        {
            return Cuda.Memory(Math.Max(0, device.Index)).Free;
        }

        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var line = File.Exists("/proc/meminfo") ? File.ReadLines("/proc/meminfo").FirstOrDefault(text => text.StartsWith("MemAvailable:", StringComparison.Ordinal)) : null;
        return line is null ? limit : Math.Min(limit, 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));
    }
}
