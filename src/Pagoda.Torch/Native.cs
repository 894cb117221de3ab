using System.Runtime.InteropServices;
using System.Text;

namespace Pagoda.Torch;

/// <summary>The functions of <c>libpagoda_torch.so</c> (native/torch), loaded at first use.</summary>
internal static unsafe partial class Native
{
    private const string Library = "pagoda_torch";

    /// <summary>Bytes that freed tensors leave to those to come: what a step of a large network needs, if the machine has much more.</summary>
    private static readonly long s_mostKeptMemory = Math.Min(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4, 8L << 30);

    /// <summary>Bytes of weights kept a second and a third time, in the order in which products read them: a ViT-B/32 takes 700 MB where there are 11 GB.</summary>
    public static readonly long MostPackedWeights = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 16;

    static Native()
    {
        NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, (name, _, _) => name == Library ? NativeLibraries.Load(name) : 0);
        KeepMemory(s_mostKeptMemory);
        KeepPackedWeights(MostPackedWeights);
        // Debian's libtorch starts with one thread.
        SetThreads(Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is { } text && int.TryParse(text, out var threads) && threads > 0
            ? threads
            : Environment.ProcessorCount);
    }

    public static void ReleaseMemory()
    {
        KeepMemory(0);
        KeepMemory(s_mostKeptMemory);
    }

    /// <summary>Throws libtorch's message when a call gave a null pointer.</summary>
    public static nint Checked(nint handle) => handle != 0 ? handle : throw LastError();

    /// <summary>Throws libtorch's message when a call gave a negative number.</summary>
    public static int Checked(int result) => result >= 0 ? result : throw LastError();

    public static TorchException LastError() => new(Text(LastErrorText()));

    public static string Text(byte* text) => text == null ? "" : Marshal.PtrToStringUTF8((nint)text) ?? "";

    [LibraryImport(Library, EntryPoint = "pg_keep_memory")]
    private static partial void KeepMemory(long bytes);

    [LibraryImport(Library, EntryPoint = "pg_last_error")]
    private static partial byte* LastErrorText();

    [LibraryImport(Library, EntryPoint = "pg_operator", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint Operator(string name, string overload);

    [LibraryImport(Library, EntryPoint = "pg_operator_schema")]
    public static partial byte* OperatorSchema(nint op);

    [LibraryImport(Library, EntryPoint = "pg_call")]
    public static partial int Call(nint op, DispatcherValue* arguments, int count, DispatcherValue* results, int capacity);

    [LibraryImport(Library, EntryPoint = "pg_free_handles")]
    public static partial void FreeHandles(nint handles);

    [LibraryImport(Library, EntryPoint = "pg_tensor_free")]
    public static partial void TensorFree(nint tensor);

    [LibraryImport(Library, EntryPoint = "pg_tensor_from_blob")]
    public static partial nint TensorFromBlob(void* data, long* sizes, int dimensions, int type);

    [LibraryImport(Library, EntryPoint = "pg_tensor_dimensions")]
    public static partial int TensorDimensions(nint tensor);

    [LibraryImport(Library, EntryPoint = "pg_tensor_sizes")]
    public static partial void TensorSizes(nint tensor, long* sizes);

    [LibraryImport(Library, EntryPoint = "pg_tensor_elements")]
    public static partial long TensorElements(nint tensor);

    [LibraryImport(Library, EntryPoint = "pg_tensor_type")]
    public static partial int TensorType(nint tensor);

    [LibraryImport(Library, EntryPoint = "pg_tensor_device")]
    public static partial long TensorDevice(nint tensor);

    [LibraryImport(Library, EntryPoint = "pg_tensor_is_contiguous")]
    public static partial int TensorIsContiguous(nint tensor);

    [LibraryImport(Library, EntryPoint = "pg_tensor_data")]
    public static partial nint TensorData(nint tensor);

    [LibraryImport(Library, EntryPoint = "pg_tensor_requires_grad")]
    public static partial int TensorRequiresGrad(nint tensor);

    [LibraryImport(Library, EntryPoint = "pg_tensor_set_requires_grad")]
    public static partial int TensorSetRequiresGrad(nint tensor, int value);

    [LibraryImport(Library, EntryPoint = "pg_tensor_grad")]
    public static partial nint TensorGrad(nint tensor);

    [LibraryImport(Library, EntryPoint = "pg_tensor_set_grad")]
    public static partial int TensorSetGrad(nint tensor, nint grad);

    [LibraryImport(Library, EntryPoint = "pg_grad")]
    public static partial int Grad(nint* outputs, int outputCount, nint* outputGrads, nint* inputs, int inputCount, int retainGraph, int createGraph, int allowUnused, nint* results);

    [LibraryImport(Library, EntryPoint = "pg_backward")]
    public static partial int Backward(nint* outputs, int count, nint* outputGrads, int retainGraph, int createGraph);

    [LibraryImport(Library, EntryPoint = "pg_grad_mode")]
    public static partial int GradMode();

    [LibraryImport(Library, EntryPoint = "pg_set_grad_mode")]
    public static partial void SetGradMode(int enabled);

    [LibraryImport(Library, EntryPoint = "pg_enter_inference_mode")]
    public static partial nint EnterInferenceMode();

    [LibraryImport(Library, EntryPoint = "pg_leave_inference_mode")]
    public static partial void LeaveInferenceMode(nint guard);

    [LibraryImport(Library, EntryPoint = "pg_set_autocast")]
    public static partial int SetAutocast(int deviceType, int enabled, int type);

    [LibraryImport(Library, EntryPoint = "pg_autocast_nesting")]
    public static partial void AutocastNesting(int change);

    [LibraryImport(Library, EntryPoint = "pg_manual_seed")]
    public static partial int ManualSeed(ulong seed);

    [LibraryImport(Library, EntryPoint = "pg_generator_new")]
    public static partial nint GeneratorNew(ulong seed);

    [LibraryImport(Library, EntryPoint = "pg_generator_free")]
    public static partial void GeneratorFree(nint generator);

    [LibraryImport(Library, EntryPoint = "pg_generator_state")]
    public static partial nint GeneratorState(nint generator, long device);

    [LibraryImport(Library, EntryPoint = "pg_generator_set_state")]
    public static partial int GeneratorSetState(nint generator, long device, nint state);

    [LibraryImport(Library, EntryPoint = "pg_version")]
    public static partial byte* Version();

    [LibraryImport(Library, EntryPoint = "pg_build_information")]
    public static partial byte* BuildInformation();

    [LibraryImport(Library, EntryPoint = "pg_threads")]
    public static partial int Threads();

    [LibraryImport(Library, EntryPoint = "pg_set_threads")]
    public static partial void SetThreads(int threads);

    [LibraryImport(Library, EntryPoint = "pg_cuda_devices")]
    public static partial int CudaDevices();

    [LibraryImport(Library, EntryPoint = "pg_has_cuda")]
    public static partial int HasCuda();

    [LibraryImport(Library, EntryPoint = "pg_synchronize")]
    public static partial int Synchronize(long device);

    [LibraryImport(Library, EntryPoint = "pg_set_deterministic")]
    public static partial int SetDeterministic(int enabled);

    [LibraryImport(Library, EntryPoint = "pg_cuda_device_name")]
    public static partial byte* CudaDeviceName(int device);

    [LibraryImport(Library, EntryPoint = "pg_cuda_memory")]
    public static partial int CudaMemory(int device, long* freeBytes, long* totalBytes, long* peakBytes);

    [LibraryImport(Library, EntryPoint = "pg_cuda_empty_cache")]
    public static partial int CudaEmptyCache();

    [LibraryImport(Library, EntryPoint = "pg_cuda_event_record")]
    public static partial nint CudaEventRecord();

    [LibraryImport(Library, EntryPoint = "pg_cuda_event_elapsed")]
    public static partial float CudaEventElapsed(nint start, nint end);

    [LibraryImport(Library, EntryPoint = "pg_cuda_event_free")]
    public static partial void CudaEventFree(nint handle);

    [LibraryImport(Library, EntryPoint = "pg_cuda_graph_begin")]
    public static partial nint CudaGraphBegin();

    [LibraryImport(Library, EntryPoint = "pg_cuda_graph_end")]
    public static partial int CudaGraphEnd(nint graph);

    [LibraryImport(Library, EntryPoint = "pg_cuda_graph_replay")]
    public static partial int CudaGraphReplay(nint graph);

    [LibraryImport(Library, EntryPoint = "pg_cuda_graph_free")]
    public static partial void CudaGraphFree(nint graph);
}
