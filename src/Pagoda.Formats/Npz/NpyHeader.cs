using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Pagoda.Torch;

namespace Pagoda.Formats.Npz;

/// <summary>
/// The header of a .npy array, versions 1 to 3 (numpy: numpy/lib/format.py and its NEP 1): a magic string, a version, a length, and a
/// dictionary in Python's spelling. Messages of its exceptions leave the file and the array to the caller.
/// </summary>
/// <param name="Type">float32 or float64, little-endian.</param>
/// <param name="Shape">The sizes, none for a single number.</param>
/// <param name="Fortran">Whether the first index goes fastest.</param>
/// <param name="DataOffset">Where the numbers begin.</param>
internal sealed partial record NpyHeader(ScalarType Type, long[] Shape, bool Fortran, int DataOffset)
{
    private const int Alignment = 64;
    private const int MostDimensions = 32;
    private static readonly byte[] Magic = [0x93, .. "NUMPY"u8];

    /// <summary>Reads a header.</summary>
    /// <exception cref="NpzException">It is none, is cut off, or describes numbers that are not read here.</exception>
    public static NpyHeader Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 10 || !bytes[..6].SequenceEqual(Magic))
        {
            throw new NpzException("it is no .npy array");
        }

        var version = bytes[6];
        if (version is < 1 or > 3)
        {
            throw new NpzException($"it is of version {version} of the .npy format; versions 1 to 3 are read");
        }

        var start = version == 1 ? 10 : 12;
        var length = version == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]) : bytes.Length < 12 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (length > bytes.Length - start)
        {
            throw new NpzException("its header is cut off");
        }

        var text = Encoding.UTF8.GetString(bytes.Slice(start, (int)length));
        if (Order().Match(text) is not { Success: true } order || Sizes().Match(text) is not { Success: true } sizes || !text.Contains("descr", StringComparison.Ordinal))
        {
            throw new NpzException("its header names no type, order and shape");
        }

        return new NpyHeader(TypeOf(text), ShapeOf(sizes.Groups[1].Value), order.Groups[1].Value == "True", start + (int)length);
    }

    /// <summary>The header, version 1, of an array whose last index goes fastest.</summary>
    public static byte[] Write(ScalarType type, ReadOnlySpan<long> shape)
    {
        var sizes = new StringBuilder();
        foreach (var size in shape)
        {
            sizes.Append(CultureInfo.InvariantCulture, $"{size}, ");
        }

        var tuple = shape.Length == 1 ? sizes.ToString().TrimEnd() : sizes.ToString().TrimEnd(',', ' ');
        var text = $"{{'descr': '{(type == ScalarType.Float64 ? "<f8" : "<f4")}', 'fortran_order': False, 'shape': ({tuple}), }}";
        var whole = (Magic.Length + 4 + text.Length + 1 + Alignment - 1) / Alignment * Alignment;
        var length = whole - Magic.Length - 4;
        return [.. Magic, 1, 0, (byte)(length & 0xFF), (byte)(length >> 8), .. Encoding.ASCII.GetBytes(text.PadRight(length - 1)), (byte)'\n'];
    }

    private static ScalarType TypeOf(string text) => Descriptor().Match(text) is not { Success: true } match
        ? throw new NpzException("its numbers are a structure of several; only float32 and float64 are read")
        : match.Groups[1].Value switch
        {
            "<f4" => ScalarType.Float32,
            "<f8" => ScalarType.Float64,
            ">f4" or ">f8" => throw new NpzException("its numbers are big-endian; save it on a little-endian machine"),
            "|O" => throw new NpzException("it holds Python objects, which are never read; save plain numbers"),
            var other => throw new NpzException($"its numbers are of type '{other}'; only float32 ('<f4') and float64 ('<f8') are read"),
        };

    private static long[] ShapeOf(string tuple)
    {
        var sizes = tuple.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (sizes.Length > MostDimensions)
        {
            throw new NpzException($"it has {sizes.Length} dimensions; numpy has {MostDimensions} at most");
        }

        // Python 2 wrote an L after long numbers.
        return [.. sizes.Select(size => long.TryParse(size.TrimEnd('L'), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new NpzException($"its shape has '{size[..Math.Min(size.Length, 30)]}' for a size"))];
    }

    [GeneratedRegex("""['"]descr['"]\s*:\s*['"]([^'"]{1,20})['"]""")]
    private static partial Regex Descriptor();

    [GeneratedRegex("""['"]fortran_order['"]\s*:\s*(True|False)""")]
    private static partial Regex Order();

    [GeneratedRegex("""['"]shape['"]\s*:\s*\(([0-9L,\s]*)\)""")]
    private static partial Regex Sizes();
}
