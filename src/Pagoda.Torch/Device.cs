namespace Pagoda.Torch;

/// <summary>Where tensors live: <c>cpu</c> or <c>cuda:N</c>.</summary>
/// <param name="Type">The kind of device.</param>
/// <param name="Index">Which one; -1 is the current one.</param>
public readonly record struct Device(DeviceType Type, int Index)
{
    /// <summary>The processor.</summary>
    public static Device Cpu => new(DeviceType.Cpu, -1);

    /// <summary>A CUDA device.</summary>
    public static Device Cuda(int index = 0) => new(DeviceType.Cuda, index);

    internal long Code => ((long)Type << 16) + Index + 1;

    internal static Device FromCode(long code) => new((DeviceType)(code >> 16), (int)(code & 0xffff) - 1);

    /// <summary>Reads <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <exception cref="FormatException">The text names no device.</exception>
    public static Device Parse(string text)
    {
        if (text == "cpu")
        {
            return Cpu;
        }

        if (text == "cuda")
        {
            return Cuda();
        }

        return text.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(text.AsSpan(5), out var index) && index >= 0
            ? Cuda(index)
            : throw new FormatException($"\"{text}\" is no device: use cpu, cuda or cuda:N.");
    }

    /// <summary>The name that <see cref="Parse"/> reads.</summary>
    public override string ToString() => Type == DeviceType.Cpu ? "cpu" : Index < 0 ? "cuda" : $"cuda:{Index}";
}

/// <summary>Kinds of device, numbered as libtorch numbers them.</summary>
public enum DeviceType
{
    /// <summary>The processor.</summary>
    Cpu = 0,
    /// <summary>An NVIDIA (or, through ROCm, an AMD) graphics processor.</summary>
    Cuda = 1,
}

/// <summary>How elements lie in memory, numbered as libtorch numbers them.</summary>
public enum MemoryFormat
{
    /// <summary>Row-major, last dimension fastest.</summary>
    Contiguous = 0,
    /// <summary>As the input has it.</summary>
    Preserve = 1,
    /// <summary><c>[N, C, H, W]</c> stored as NHWC.</summary>
    ChannelsLast = 2,
}
