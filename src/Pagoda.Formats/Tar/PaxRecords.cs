using System.Globalization;
using System.Text;

namespace Pagoda.Formats.Tar;

/// <summary>Extended headers: lines "length key=value" (POSIX.1-2017, pax, "pax Extended Header").</summary>
internal static class PaxRecords
{
    /// <summary>Adds the records to <paramref name="records"/>; false if they are malformed.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, Dictionary<string, string> records)
    {
        while (!bytes.IsEmpty && bytes[0] != 0)
        {
            var space = bytes.IndexOf((byte)' ');
            if (space is < 1 or > 9 || !int.TryParse(bytes[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length <= space + 1 || length > bytes.Length || bytes[length - 1] != '\n')
            {
                return false;
            }

            var record = bytes[(space + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals < 1)
            {
                return false;
            }

            records[Encoding.UTF8.GetString(record[..equals])] = Encoding.UTF8.GetString(record[(equals + 1)..]);
            bytes = bytes[length..];
        }

        return true;
    }

    /// <summary>One record; its length counts its own digits.</summary>
    public static byte[] Format(string key, string value)
    {
        var rest = Encoding.UTF8.GetByteCount($" {key}={value}\n");
        var length = rest + 1;
        while (rest + length.ToString(CultureInfo.InvariantCulture).Length != length)
        {
            length = rest + length.ToString(CultureInfo.InvariantCulture).Length;
        }

        return Encoding.UTF8.GetBytes($"{length} {key}={value}\n");
    }
}
