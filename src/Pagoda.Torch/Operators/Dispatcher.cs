using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pagoda.Torch;

/// <summary>Calls operators by their place in libtorch's dispatcher.</summary>
internal static unsafe class Dispatcher
{
    private static readonly ConcurrentDictionary<string, (nint Pointer, int Length)> Strings = new();

    /// <summary>The operator's handle, or 0 when this libtorch does not have it.</summary>
    public static nint Find(string name, string overload) => Native.Operator(name, overload);

    /// <summary>The operator's schema as this libtorch prints it, or null.</summary>
    public static string? Schema(string name, string overload) =>
        Find(name, overload) is var op && op != 0 ? Native.Text(Native.OperatorSchema(op)) : null;

    public static Tensor CallTensor(ref nint op, string name, string overload, DispatcherValue* arguments, int count)
    {
        DispatcherValue result;
        Call(ref op, name, overload, arguments, count, &result, 1);
        return new Tensor(result.Pointer);
    }

    /// <summary>An operator that changes its first argument returns that same tensor: the caller has it already.</summary>
    public static void CallInPlace(ref nint op, string name, string overload, DispatcherValue* arguments, int count)
    {
        DispatcherValue result;
        Call(ref op, name, overload, arguments, count, &result, 1);
        Native.TensorFree(result.Pointer);
    }

    public static void CallVoid(ref nint op, string name, string overload, DispatcherValue* arguments, int count) =>
        Call(ref op, name, overload, arguments, count, null, 0);

    public static Tensor[] CallMany(ref nint op, string name, string overload, DispatcherValue* arguments, int count, int results)
    {
        var values = stackalloc DispatcherValue[results];
        Call(ref op, name, overload, arguments, count, values, results);
        var tensors = new Tensor[results];
        for (var i = 0; i < results; i++)
        {
            tensors[i] = new Tensor(values[i].Pointer);
        }

        return tensors;
    }

    public static Tensor[] CallTensors(ref nint op, string name, string overload, DispatcherValue* arguments, int count)
    {
        DispatcherValue result;
        Call(ref op, name, overload, arguments, count, &result, 1);
        var tensors = new Tensor[result.Length];
        for (var i = 0; i < tensors.Length; i++)
        {
            tensors[i] = new Tensor(((nint*)result.Pointer)[i]);
        }

        Native.FreeHandles(result.Pointer);
        return tensors;
    }

    public static Scalar CallScalar(ref nint op, string name, string overload, DispatcherValue* arguments, int count)
    {
        DispatcherValue result;
        Call(ref op, name, overload, arguments, count, &result, 1);
        return Scalar.From(result);
    }

    public static bool CallBool(ref nint op, string name, string overload, DispatcherValue* arguments, int count) =>
        CallScalar(ref op, name, overload, arguments, count).Value.Integer != 0;

    public static long CallInt(ref nint op, string name, string overload, DispatcherValue* arguments, int count) =>
        CallScalar(ref op, name, overload, arguments, count).Value.Integer;

    /// <summary>A string's bytes in native memory, kept for the life of the process.</summary>
    public static nint Utf8(string text, out int length)
    {
        var kept = Strings.GetOrAdd(text, static text =>
            (Marshal.StringToCoTaskMemUTF8(text), System.Text.Encoding.UTF8.GetByteCount(text)));
        length = kept.Length;
        return kept.Pointer;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Call(ref nint op, string name, string overload, DispatcherValue* arguments, int count, DispatcherValue* results, int capacity)
    {
        var handle = op;
        if (handle == 0)
        {
            op = handle = Resolve(name, overload);
        }

        if (Native.Call(handle, arguments, count, results, capacity) < 0)
        {
            throw Native.LastError();
        }
    }

    private static nint Resolve(string name, string overload) =>
        Find(name, overload) is var found && found != 0
            ? found
            : throw new TorchException($"libtorch {LibTorch.Version} has no operator {name}{(overload.Length > 0 ? "." + overload : "")}.");
}
