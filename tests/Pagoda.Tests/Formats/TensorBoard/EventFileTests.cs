using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Pagoda.Formats.Images;
using Pagoda.Formats.TensorBoard;
using Pagoda.Tests.Data;

namespace Pagoda.Tests.Formats.TensorBoard;

[Trait("Host", "programs")]
public sealed class EventFileTests : IDisposable
{
    private static readonly Picture Red = new(2, 3, 3, [.. Enumerable.Repeat<byte[]>([255, 0, 0], 6).SelectMany(pixel => pixel)]);
    private readonly TemporaryFolder _folder = new();

    // RFC 3720, appendix B.4, and the check value of the CRC catalogue.
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", 0x8a9136aa)]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 0x62a8ab43)]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0x46dd794e)]
    [InlineData("313233343536373839", 0xe3069283)]
    public void Plain_KnownBytes_IsThePublishedNumber(string hex, uint expected) => Assert.Equal(expected, MaskedCrc32C.Plain(Convert.FromHexString(hex)));

    [Fact]
    public void Create_ManyInASecond_HaveNamesThatSortByAge()
    {
        var paths = Enumerable.Range(0, 5).Select(_ =>
        {
            using var file = new EventFile(_folder.Path);
            return file.Path;
        }).ToArray();
        Assert.Equal(5, paths.Distinct().Count());
        Assert.Equal(paths.Order(StringComparer.Ordinal), paths);
    }

    /// <summary>Google's own decoder reads every field of every event.</summary>
    [ProtocFact]
    public void Write_AllKinds_AreWhatProtocDecodes()
    {
        string path;
        using (var file = new EventFile(_folder.Path, firstStep: 3))
        {
            path = file.Path;
            file.Scalars(4, [("train/loss", 0.5), ("watch/accuracy", 0.25)]);
            file.Image(5, "watch/paintings", Red);
            file.Text(3_000_000_000, "configuration", "steps: 5");
            // Not yet closed: what was written can be read.
            Assert.Equal(5, Records(path).Count);
        }

        var events = Records(path).Select(Decode).ToArray();
        Assert.Contains("file_version: \"brain.Event:2\"", events[0], StringComparison.Ordinal);
        Assert.Contains("session_log { status: START }", events[1], StringComparison.Ordinal);
        Assert.Contains("step: 3 ", events[1], StringComparison.Ordinal);
        Assert.Contains("step: 4 summary { value { tag: \"train/loss\" simple_value: 0.5 } value { tag: \"watch/accuracy\" simple_value: 0.25 } }", events[2], StringComparison.Ordinal);
        Assert.Contains("value { tag: \"watch/paintings\" image { height: 3 width: 2 colorspace: 3 encoded_image_string: \"\\211PNG", events[3], StringComparison.Ordinal);
        Assert.Contains(
            "step: 3000000000 summary { value { tag: \"configuration\" tensor { dtype: DT_STRING tensor_shape { dim { size: 1 } } string_val: \"steps: 5\" } metadata { plugin_data { plugin_name: \"text\" } } } }",
            events[4], StringComparison.Ordinal);
        Assert.All(events, one => Assert.Contains("wall_time: 1", one, StringComparison.Ordinal));
    }

    /// <summary>TensorBoard's own reader: it verifies every checksum, forgets what a restart makes void, and decodes the pictures.</summary>
    [TensorBoardFact]
    public void Folder_OfARunThatWentOn_IsReadByTensorBoard()
    {
        using (var first = new EventFile(_folder.Path))
        {
            first.Scalars(1, [("train/loss", 4)]);
            first.Scalars(2, [("train/loss", 3)]);
            first.Scalars(3, [("train/loss", 99)]);
            first.Image(2, "watch/paintings", Red);
            first.Text(0, "configuration", "steps: 5");
        }

        using (var second = new EventFile(_folder.Path, firstStep: 3))
        {
            second.Scalars(3, [("train/loss", 2)]);
        }

        const string Script = """
            import sys
            from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
            events = EventAccumulator(sys.argv[1])
            events.Reload()
            print([(e.step, e.value) for e in events.Scalars("train/loss")])
            print([(i.step, i.width, i.height, i.encoded_image_string[:4]) for i in events.Images("watch/paintings")])
            print([(t.step, t.tensor_proto.string_val[0]) for t in events.Tensors("configuration")])
            """;
        var output = Run("/usr/bin/python3", ["-c", Script, _folder.Path], []);
        Assert.Equal(
            "[(1, 4.0), (2, 3.0), (3, 2.0)]\n[(2, 2, 3, b'\\x89PNG')]\n[(0, b'steps: 5')]\n",
            Encoding.UTF8.GetString(output));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Cuts a file of records open; the checksums were taken by the bit-by-bit definition, not by the code under test.</summary>
    private static List<byte[]> Records(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var records = new List<byte[]>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
            Assert.Equal(Masked(bytes.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)));
            Assert.Equal(Masked(bytes.AsSpan(at + 12, length)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)));
            records.Add(bytes[(at + 12)..(at + 12 + length)]);
            at += length + 16;
        }

        return records;
    }

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
            }
        }

        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
    }

    private static string Decode(byte[] record)
    {
        var folder = Path.Combine(SharedFolder.RepositoryRoot, "tests", "Pagoda.Tests", "Formats", "TensorBoard");
        var text = Encoding.UTF8.GetString(Run("protoc", [$"--proto_path={folder}", "--decode=Event", "event.proto"], record));
        return string.Join(' ', text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
    }

    private static byte[] Run(string program, string[] arguments, byte[] input)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
        return output.ToArray();
    }

    private sealed class ProtocFactAttribute : FactAttribute
    {
        public ProtocFactAttribute() => Skip = Starts("protoc", "--version") ? null : "needs protoc (Debian's protobuf-compiler), which is not on this machine";
    }

    private sealed class TensorBoardFactAttribute : FactAttribute
    {
        public TensorBoardFactAttribute() => Skip = SystemPython.Has("tensorboard")
            ? null
            : "needs TensorBoard where /usr/bin/python3 finds it (PYTHONPATH), which is not on this machine";
    }

    private static bool Starts(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
