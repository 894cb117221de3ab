using System.Runtime.InteropServices;

namespace Pagoda.Torch;

/// <summary>The functions of native/torch/distributed.cpp.</summary>
internal static unsafe partial class Native
{
    [LibraryImport(Library, EntryPoint = "pg_distributed_backends")]
    public static partial byte* DistributedBackends();

    [LibraryImport(Library, EntryPoint = "pg_exit_now")]
    public static partial void ExitNow(int code);

    [LibraryImport(Library, EntryPoint = "pg_store_open", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint StoreOpen(string host, int port, int serve, long timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "pg_store_free")]
    public static partial void StoreFree(nint store);

    [LibraryImport(Library, EntryPoint = "pg_store_set", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int StoreSet(nint store, string key, string value);

    [LibraryImport(Library, EntryPoint = "pg_store_get", StringMarshalling = StringMarshalling.Utf8)]
    public static partial byte* StoreGet(nint store, string key);

    [LibraryImport(Library, EntryPoint = "pg_store_has", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int StoreHas(nint store, string key);

    [LibraryImport(Library, EntryPoint = "pg_store_add", StringMarshalling = StringMarshalling.Utf8)]
    public static partial long StoreAdd(nint store, string key, long amount);

    [LibraryImport(Library, EntryPoint = "pg_store_delete", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int StoreDelete(nint store, string key);

    [LibraryImport(Library, EntryPoint = "pg_group_open", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GroupOpen(string backend, nint store, string prefix, int rank, int size, string address, long timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "pg_group_abort")]
    public static partial void GroupAbort(nint group);

    [LibraryImport(Library, EntryPoint = "pg_group_free")]
    public static partial void GroupFree(nint group);

    [LibraryImport(Library, EntryPoint = "pg_group_all_gather")]
    public static partial nint GroupAllGather(nint group, nint tensor);

    [LibraryImport(Library, EntryPoint = "pg_group_all_reduce")]
    public static partial int GroupAllReduce(nint group, nint* tensors, int count);

    [LibraryImport(Library, EntryPoint = "pg_group_broadcast")]
    public static partial int GroupBroadcast(nint group, nint* tensors, int count, int root);
}
