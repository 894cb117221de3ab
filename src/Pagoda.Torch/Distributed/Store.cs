using System.Globalization;

namespace Pagoda.Torch.Distributed;

/// <summary>
/// A connection to c10d's TCP store, which keeps a few short texts for all ranks. Never waits for a key inside libtorch: a wait that times
/// out leaves a connection of libtorch 1.13 out of step.
/// </summary>
internal sealed unsafe class Store : IDisposable
{
    private const string Filler = "=";

    private readonly string _prefix;
    private nint _handle;

    private Store(nint handle, string prefix)
    {
        _handle = handle;
        _prefix = prefix;
    }

    public nint Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Store));

    /// <summary>Connects, and serves the store too when <paramref name="serve"/>.</summary>
    /// <exception cref="DistributedException">The port is taken, or nobody answered in time.</exception>
    public static Store Open(Launch launch, bool serve, TimeSpan timeout)
    {
        // Apart from the keys of an attempt that the launcher has given up.
        var prefix = string.Create(CultureInfo.InvariantCulture, $"pagoda/{launch.Attempt}/");
        try
        {
            return new Store(Native.Checked(Native.StoreOpen(launch.MasterAddress, launch.MasterPort, serve ? 1 : 0, (long)timeout.TotalMilliseconds)), prefix);
        }
        catch (TorchException problem) when (serve)
        {
            var where = string.Create(CultureInfo.InvariantCulture, $"{launch.MasterAddress}:{launch.MasterPort}");
            throw new DistributedException(
                problem.Message.Contains("in use", StringComparison.OrdinalIgnoreCase)
                    ? $"Rank 0 cannot listen at {where}, since another program does: set MASTER_PORT to a free port, the same for every rank."
                    : $"Rank 0 cannot listen at {where} ({FirstLine(problem)}): MASTER_ADDR must be an address of the machine that rank 0 runs on.",
                problem);
        }
        catch (TorchException problem)
        {
            throw new DistributedException(
                string.Create(CultureInfo.InvariantCulture, $"Nobody answered at {launch.MasterAddress}:{launch.MasterPort} within {timeout.TotalSeconds:0} s: rank 0 must run on the machine that MASTER_ADDR names, and its port be reachable from here ({FirstLine(problem)})."),
                problem);
        }
    }

    /// <remarks>A value is never empty in the store: libtorch 1.13 leaves an empty one in the socket's buffer for 200 ms.</remarks>
    public void Set(string key, string value) => Native.Checked(Native.StoreSet(Handle, _prefix + key, Filler + value));

    /// <summary>The value, or null while there is none.</summary>
    public string? Get(string key)
    {
        if (Native.Checked(Native.StoreHas(Handle, _prefix + key)) == 0)
        {
            return null;
        }

        var value = Native.StoreGet(Handle, _prefix + key);
        return value == null ? throw Native.LastError() : Native.Text(value)[Filler.Length..];
    }

    public long Add(string key, long amount)
    {
        var sum = Native.StoreAdd(Handle, _prefix + key, amount);
        return sum >= 0 ? sum : throw Native.LastError();
    }

    public void Delete(string key) => Native.Checked(Native.StoreDelete(Handle, _prefix + key));

    public void Dispose()
    {
        Native.StoreFree(_handle);
        _handle = 0;
    }

    private static string FirstLine(TorchException problem) => problem.Message.Split('\n')[0].TrimEnd('.', ' ');
}
