using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Tests.Formats.Checkpoints;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Open_ValidFile_ListsTensorsInDataOrderWithMetadata()
    {
        const string Json = """{"b":{"dtype":"F32","shape":[2],"data_offsets":[2,10]},"__metadata__":{"format":"pt"},"a":{"dtype":"F16","shape":[],"data_offsets":[0,2]}}""";
        using var file = SafetensorsFile.Open(Write(Json, 10));
        Assert.Equal(["a", "b"], file.Entries.Keys);
        Assert.Equal(new TensorEntry(ScalarType.Float16, []), file.Entries["a"]);
        Assert.Equal(new TensorEntry(ScalarType.Float32, [2]), file.Entries["b"]);
        Assert.Equal("pt", Assert.Single(file.Metadata).Value);
        Assert.Equal([2, 3, 4, 5, 6, 7, 8, 9], file.ReadBytes("b"));
    }

    [Fact]
    public unsafe void Pointer_AlignedAndNot_IsTheDataOrZero()
    {
        const string Json = """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"F16","shape":[1],"data_offsets":[2,4]},"c":{"dtype":"I64","shape":[1],"data_offsets":[4,12]}}""";
        using var file = SafetensorsFile.Open(Write(Json.PadRight((Json.Length + 7) & ~7), 12));
        Assert.Equal([2, 3], new ReadOnlySpan<byte>((void*)file.Pointer("b"), 2).ToArray());
        Assert.Equal(0, file.Pointer("c"));
        Assert.Equal([4, 5, 6, 7, 8, 9, 10, 11], file.ReadBytes("c"));
    }

    [Theory]
    [InlineData("", 0, "not valid JSON")]
    [InlineData("[]", 0, "does not begin with a JSON object")]
    [InlineData(" {}", 0, "does not begin with a JSON object")]
    [InlineData("{} {}", 0, "not valid JSON")]
    [InlineData("{\"a\":", 0, "not valid JSON")]
    [InlineData("{\"a\":1}", 0, "tensor 'a' is not a JSON object")]
    [InlineData("{\"a\":{}}", 0, "tensor 'a' has no dtype")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", 1, "tensor 'a' has no shape")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "tensor 'a' has no pair of data_offsets")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,1]}}", 1, "tensor 'a' has no pair of data_offsets")]
    [InlineData("{\"a\":{\"dtype\":8,\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "tensor 'a' has a dtype that is not a string")]
    [InlineData("{\"a\":{\"dtype\":\"U9\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "tensor 'a' has dtype 'U9'")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":1,\"data_offsets\":[0,1]}}", 1, "tensor 'a' has a shape that is not a JSON array")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]}}", 1, "tensor 'a' has a shape with something other")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1.0],\"data_offsets\":[0,1]}}", 1, "tensor 'a' has a shape with something other")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[9223372036854775808],\"data_offsets\":[0,1]}}", 1, "tensor 'a' has a shape with something other")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0, "tensor 'a' has shape [4294967296, 4294967296], larger than")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", 0, "tensor 'a' has shape [4611686018427387904], larger than")]
    [InlineData("{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,1]}}", 1, "tensor 'a' (F4 [3]) does not fill whole bytes")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]}}", 1, "tensor 'a' (U8 [1]) takes 1 bytes, but")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "tensor 'a' (F32 [2]) takes 8 bytes, but its data_offsets [0, 4] hold 4")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "tensor 'a' has shape twice")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}", 2, "has 'a' twice")]
    [InlineData("{\"__metadata__\":{\"a\":1}}", 0, "__metadata__ 'a' is not a string")]
    [InlineData("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0, "__metadata__ has 'a' twice")]
    [InlineData("{\"__metadata__\":[]}", 0, "__metadata__ is not a JSON object")]
    [InlineData("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "has '__metadata__' twice")]
    [InlineData("{}", 3, "3 bytes follow its last tensor")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}", 2, "nothing describes the 1 bytes before tensor 'a'")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", 3, "tensors 'a' and 'b' overlap")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}", 3, "tensor 'b' ends 4 bytes into the data, but there are 3")]
    public void Open_Malformed_IsRefusedByName(string json, int dataBytes, string reason)
    {
        var path = Write(json, dataBytes);
        var exception = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path));
        Assert.StartsWith(path + ":", exception.Message);
        Assert.Contains(reason, exception.Message);
    }

    [Theory]
    [InlineData(7UL, "truncated")]
    [InlineData(100_000_001UL, "not a safetensors file")]
    [InlineData(ulong.MaxValue, "not a safetensors file")]
    public void Open_WrongHeaderLength_IsRefused(ulong length, string reason)
    {
        var bytes = new byte[8 + 6];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        var path = folder.Write("x.safetensors", bytes);
        Assert.Contains(reason, Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)).Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Open_TooShort_IsRefused(int length)
    {
        var path = folder.Write("x.safetensors", new byte[length]);
        Assert.Contains("too few", Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)).Message);
    }

    [Fact]
    public void Open_MissingFile_IsRefused() =>
        Assert.Contains("cannot be read", Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(folder.File("none"))).Message);

    [Fact]
    public void Open_InvalidUtf8Name_IsRefused()
    {
        var path = Write(Encoding.Latin1.GetBytes("{\"\u00FF\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"), 0);
        Assert.Contains("not valid JSON", Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)).Message);
    }

    [Fact]
    public void Read_UnsupportedType_IsRefusedOnlyThen()
    {
        using var file = SafetensorsFile.Open(Write("""{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}""", 3));
        Assert.Equal([2], file.ReadBytes("b"));
        Assert.Equal("F8_E4M3[2]", file.Entries["a"].ToString());
        Assert.Contains("'a' has element type F8_E4M3", Assert.Throws<CheckpointException>(() => file.Read("a", new byte[2])).Message);
    }

    [Fact]
    public void Read_UnknownNameOrWrongSize_IsRefused()
    {
        using var file = SafetensorsFile.Open(Write("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 2));
        Assert.Contains("no tensor 'b'", Assert.Throws<CheckpointException>(() => file.Read("b", new byte[2])).Message);
        Assert.Contains("has 2 bytes, the destination 3", Assert.Throws<ArgumentException>(() => file.Read("a", new byte[3])).Message);
    }

    [Fact]
    public void Read_AfterDispose_IsRefused()
    {
        var file = SafetensorsFile.Open(Write("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 2));
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Read("a", new byte[2]));
        Assert.Throws<ObjectDisposedException>(() => file.Pointer("a"));
    }

    [Fact]
    public void Open_DamagedFiles_AreReadOrRefused()
    {
        var samples = new List<byte[]>();
        var path = folder.File("fuzz.safetensors");
        SafetensorsWriter.Write(path, [new("a.weight", ScalarType.Float32, [2, 3], new byte[24]), new("b", ScalarType.UInt8, [5], new byte[5]), new("c", ScalarType.BFloat16, [], new byte[2])], new Dictionary<string, string> { ["format"] = "pt" });
        samples.Add(File.ReadAllBytes(path));
        var refused = 0;
        var runs = Fuzzing.Run(samples, damaged =>
        {
            try
            {
                using var file = SafetensorsFile.Open(folder.Write("damaged.safetensors", damaged));
                foreach (var (name, entry) in file.Entries)
                {
                    if (entry.UnsupportedType is null)
                    {
                        file.ReadBytes(name);
                    }
                }
            }
            catch (CheckpointException)
            {
                refused++;
            }
        });
        Assert.InRange(refused, 1, runs - 1);
    }

    [SharedFact("parity", "index.json")]
    public void Entries_ParityFixture_AreThoseOfTheIndex()
    {
        using var index = JsonDocument.Parse(File.ReadAllText(SharedFolder.File("parity", "index.json")));
        var compared = 0;
        foreach (var fixture in index.RootElement.GetProperty("fixtures").EnumerateArray())
        {
            if (fixture.GetProperty("file").GetString() is not { } name || !name.EndsWith(".safetensors") || !fixture.TryGetProperty("outputs", out var outputs))
            {
                continue;
            }

            using var file = SafetensorsFile.Open(SharedFolder.File("parity", name));
            foreach (var output in outputs.EnumerateObject().Where(output => output.Value.ValueKind == JsonValueKind.Array))
            {
                var entry = file.Entries.GetValueOrDefault("fixture." + output.Name);
                Assert.NotNull(entry);
                Assert.Equal(output.Value.EnumerateArray().Select(size => size.GetInt64()), entry.Shape);
                compared++;
            }
        }

        Assert.True(compared > 0);
    }

    private string Write(string json, int dataBytes) => Write(Encoding.UTF8.GetBytes(json), dataBytes);

    private string Write(byte[] json, int dataBytes)
    {
        var bytes = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, 8);
        for (var i = 0; i < dataBytes; i++)
        {
            bytes[8 + json.Length + i] = (byte)i;
        }

        return folder.Write("x.safetensors", bytes);
    }
}
