using System.Diagnostics;
using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>The rate at which all cores together read memory that no cache holds: the ceiling of sampling token by token.</summary>
internal sealed class MemoryRate : IDisposable
{
    private const long Inputs = 1024, Outputs = 128 * 1024;

    private readonly Tensor _buffer = Ops.Ones([Outputs, Inputs], ScalarType.Float32);
    private readonly Tensor _row = Ops.Ones([1, Inputs], ScalarType.Float32);
    private readonly Tensor _result = Ops.Empty([1, Outputs], ScalarType.Float32);

    /// <summary>Bytes a second, the best of all measurements so far.</summary>
    public double BytesPerSecond { get; private set; }

    /// <summary>Reads 512 MB in two ways, a sum and a matrix times a vector, each several times.</summary>
    public void Measure()
    {
        using var inference = new InferenceMode();
        for (var i = 0; i < 4; i++)
        {
            Time(() => _buffer.Sum().Dispose());
            Time(() => SmallBatch.Linear(_buffer, null, _row, _result));
        }
    }

    public void Dispose()
    {
        _buffer.Dispose();
        _row.Dispose();
        _result.Dispose();
    }

    private void Time(Action read)
    {
        var start = Stopwatch.GetTimestamp();
        read();
        BytesPerSecond = Math.Max(BytesPerSecond, Outputs * Inputs * sizeof(float) / Stopwatch.GetElapsedTime(start).TotalSeconds);
    }
}
