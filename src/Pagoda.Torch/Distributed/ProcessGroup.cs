using System.Globalization;

namespace Pagoda.Torch.Distributed;

/// <summary>
/// The processes of a run, bound together by libtorch's c10d: Gloo between processors, NCCL between CUDA devices. Every rank must call the
/// same collectives in the same order, from one thread. When a rank is lost, the others' collectives throw within the limits of
/// <see cref="ProcessGroupOptions"/>, and a process that hangs is ended.
/// </summary>
public sealed unsafe partial class ProcessGroup : IDisposable
{
    private readonly Launch _launch;
    private readonly Device _device;
    private readonly Store _store;
    private readonly Liveness _liveness;
    private readonly ProcessGroupOptions _options;
    private readonly Lock _abortLock = new();
    private nint _group;
    private bool _aborted;
    private bool _disposed;

    private ProcessGroup(Launch launch, Device device, ProcessGroupOptions options, Store store, Store livenessStore, Member[] members)
    {
        _launch = launch;
        _device = device;
        _options = options;
        _store = store;
        _liveness = new Liveness(livenessStore, members, launch, options, Abort);
    }

    /// <summary>What this libtorch can connect processes with: <c>gloo</c>, <c>nccl</c>, both or nothing.</summary>
    public static IReadOnlyList<string> Backends { get; } = Native.Text(Native.DistributedBackends()).Split(", ", StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Which process this is, from 0.</summary>
    public int Rank => _launch.Rank;

    /// <summary>How many processes there are: at least 2.</summary>
    public int Size => _launch.Size;

    /// <summary>The sentence about the rank whose loss ends the run, once there is one.</summary>
    public string? Lost => _liveness.Lost;

    /// <summary>Meets the other ranks. A launch of one needs no group: null.</summary>
    /// <param name="launch">This process's place.</param>
    /// <param name="device">Where the tensors are: decides between Gloo and NCCL.</param>
    /// <param name="options">Timeouts; null for the defaults.</param>
    /// <exception cref="DistributedException">The ranks do not find each other, or libtorch lacks the backend.</exception>
    public static ProcessGroup? Open(Launch launch, Device device, ProcessGroupOptions? options = null)
    {
        if (launch.Size == 1)
        {
            return null;
        }

        options ??= new ProcessGroupOptions();
        var backend = device.Type == DeviceType.Cpu ? "gloo" : "nccl";
        if (!Backends.Contains(backend))
        {
            throw new DistributedException(
                $"This libtorch cannot connect the {launch.Size} processes of this run over {backend} (it has {(Backends.Count == 0 ? "no backend" : string.Join(", ", Backends))}): docs/distributed.md says which one can.");
        }

        var store = Store.Open(launch, serve: launch.Rank == 0 && !launch.LauncherHostsStore, options.JoinTimeout);
        var members = new Meeting(store, launch, options.JoinTimeout).Gather();
        var group = new ProcessGroup(launch, device, options, store, Store.Open(launch, serve: false, options.JoinTimeout), members);
        group.Connect(backend);
        return group;
    }

    /// <summary>What every rank has, <c>[Size, ...shape]</c>; the shapes and types must agree. Autograd does not follow.</summary>
    /// <exception cref="DistributedException">A rank is lost.</exception>
    public Tensor AllGather(Tensor tensor)
    {
        using var scope = new TensorScope();
        var input = Near(tensor);
        var gathered = new Tensor(Native.GroupAllGather(Ready(), input.Handle) is var handle and not 0 ? handle : throw Failed());
        GC.KeepAlive(input);
        return scope.Keep(gathered.To(device: tensor.Device));
    }

    /// <summary>
    /// Makes every tensor, in place, its sum over all ranks. Small ones travel together in buckets of 25 MB; 16-bit types are summed in float32.
    /// </summary>
    /// <exception cref="DistributedException">A rank is lost.</exception>
    public void AllReduce(IReadOnlyList<Tensor> tensors) =>
        InPlace(tensors, (handles, count) => Native.GroupAllReduce(Ready(), (nint*)handles, count));

    /// <summary>The sum of a number over all ranks, the same to the bit on each.</summary>
    /// <exception cref="DistributedException">A rank is lost.</exception>
    public double Sum(double value)
    {
        using var scope = new TensorScope();
        var sum = Tensor.FromScalar(value, ScalarType.Float64);
        AllReduce([sum]);
        return sum.ToDouble();
    }

    /// <summary>Makes every tensor, in place, what it is on the rank <paramref name="root"/>.</summary>
    /// <exception cref="DistributedException">A rank is lost.</exception>
    public void Broadcast(IReadOnlyList<Tensor> tensors, int root = 0) =>
        InPlace(tensors, (handles, count) => Native.GroupBroadcast(Ready(), (nint*)handles, count, root));

    /// <summary>Returns when every rank has called it and its device has done all work given to it.</summary>
    /// <exception cref="DistributedException">A rank is lost.</exception>
    public void Barrier() => Sum(1);

    /// <summary>Tells the other ranks that this one ends with an error, so that they end too, with its sentence. Dispose still follows.</summary>
    public void Fail(string sentence) => _liveness.Fail(sentence);

    /// <summary>Leaves the run. The other ranks may go on with their own work, but no collective is possible any more.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _liveness.Leave(_launch.Rank == 0 && !_launch.LauncherHostsStore, FreeGroup);
        _liveness.Dispose();
        _store.Dispose();
    }

    private void Connect(string backend)
    {
        // Where all ranks are on one machine, its name may resolve to an address that it does not have.
        var address = _launch.LocalSize == _launch.Size && _launch.MasterAddress is "localhost" or "127.0.0.1" ? "127.0.0.1" : "";
        var prefix = string.Create(CultureInfo.InvariantCulture, $"pagoda/{_launch.Attempt}/{backend}");
        var handle = Native.GroupOpen(backend, _store.Handle, prefix, Rank, Size, address, (long)_options.CollectiveTimeout.TotalMilliseconds);
        if (handle == 0)
        {
            throw Failed();
        }

        lock (_abortLock)
        {
            _group = handle;
            if (_aborted)
            {
                Native.GroupAbort(handle);
            }
        }

        Barrier();
    }

    private void Abort()
    {
        lock (_abortLock)
        {
            _aborted = true;
            if (_group != 0)
            {
                Native.GroupAbort(_group);
            }
        }
    }

    /// <summary>Not when a rank is lost: a collective that hangs in the background would make it hang too.</summary>
    private void FreeGroup()
    {
        lock (_abortLock)
        {
            Native.GroupFree(_group);
            _group = 0;
        }
    }

    private nint Ready()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _liveness.Notice() is { } lost ? throw new DistributedException(lost) : _group;
    }

    private DistributedException Failed()
    {
        var problem = Native.LastError();
        return new DistributedException(_liveness.Notice() ?? _liveness.Investigate(problem.Message.Split('\n')[0]), problem);
    }

    private Tensor Near(Tensor tensor) => tensor.Device.Type == _device.Type ? tensor : tensor.Detach().To(device: _device);

    private void InPlace(IReadOnlyList<Tensor> tensors, Func<nint, int, int> call)
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        var near = tensors.Select(Near).ToArray();
        var handles = near.Select(tensor => tensor.Handle).ToArray();
        fixed (nint* first = handles)
        {
            if (call((nint)first, handles.Length) < 0)
            {
                throw Failed();
            }
        }

        for (var i = 0; i < near.Length; i++)
        {
            if (!ReferenceEquals(near[i], tensors[i]))
            {
                tensors[i].Copy_(near[i]);
            }
        }

        GC.KeepAlive(near);
    }
}
