using FsCheck;
using FsCheck.Fluent;
using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Tests.Formats.Checkpoints;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Write_AnyTensors_AreReadBackAndAligned()
    {
        var input = from tensors in Tensor().ListOf() from strings in Name().ListOf() select (tensors, strings);
        Prop.ForAll(input.ToArbitrary(), input =>
        {
            var random = new Random(input.tensors.Count);
            var given = input.tensors.DistinctBy(tensor => tensor.Name).ToDictionary(tensor => tensor.Name, tensor =>
            {
                var bytes = new byte[tensor.Entry.Bytes];
                random.NextBytes(bytes);
                return (tensor.Entry, Bytes: bytes);
            });
            var strings = input.strings.Distinct().ToDictionary(text => text, text => text + "!");
            var path = folder.File("x.safetensors");
            SafetensorsWriter.Write(path, given.Select(tensor => new TensorToWrite(tensor.Key, tensor.Value.Entry.Type, tensor.Value.Entry.Shape, tensor.Value.Bytes)), strings, overwrite: true);

            using var file = SafetensorsFile.Open(path);
            Assert.Equal(given.Keys.Order(), file.Entries.Keys.Order());
            Assert.Equal(strings.OrderBy(pair => pair.Key), file.Metadata.OrderBy(pair => pair.Key));
            foreach (var (name, tensor) in given)
            {
                Assert.Equal(tensor.Entry, file.Entries[name]);
                Assert.Equal(tensor.Bytes, file.ReadBytes(name));
                Assert.NotEqual(0, file.Pointer(name));
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Write_OtherOrder_GivesTheSameBytes()
    {
        TensorToWrite[] tensors = [new("b", ScalarType.Float32, [1], new byte[4]), new("a", ScalarType.UInt8, [3], new byte[3]), new("c", ScalarType.Float32, [], new byte[4])];
        SafetensorsWriter.Write(folder.File("1"), tensors, new Dictionary<string, string> { ["x"] = "1", ["y"] = "2" });
        SafetensorsWriter.Write(folder.File("2"), tensors.Reverse(), new Dictionary<string, string> { ["y"] = "2", ["x"] = "1" });
        Assert.Equal(File.ReadAllBytes(folder.File("1")), File.ReadAllBytes(folder.File("2")));
        using var file = SafetensorsFile.Open(folder.File("1"));
        Assert.Equal(["b", "c", "a"], file.Entries.Keys);
    }

    [Fact]
    public unsafe void Write_FromPointer_IsReadBack()
    {
        long[] numbers = [1, -2, 3];
        fixed (long* pointer = numbers)
        {
            SafetensorsWriter.Write(folder.File("x"), [new("n", ScalarType.Int64, [3], (nint)pointer)]);
        }

        using var file = SafetensorsFile.Open(folder.File("x"));
        Assert.Equal([1f, -2f, 3f], file.ReadFloats("n"));
    }

    [Fact]
    public void Write_ExistingFile_IsRefusedUnlessAllowed()
    {
        folder.Write("x", [1, 2, 3]);
        var refusal = Assert.Throws<IOException>(() => SafetensorsWriter.Write(folder.File("x"), []));
        Assert.Contains("exists already", refusal.Message);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(folder.File("x")));
        SafetensorsWriter.Write(folder.File("x"), [], overwrite: true);
        using var file = SafetensorsFile.Open(folder.File("x"));
        Assert.Empty(file.Entries);
    }

    [Fact]
    public void Write_WrongInput_IsRefusedAndLeavesNothing()
    {
        TensorToWrite one = new("a", ScalarType.UInt8, [1], new byte[1]);
        Refused("name 'a' is taken", one, one);
        Refused("name '__metadata__' is taken", new TensorToWrite("__metadata__", ScalarType.UInt8, [1], new byte[1]));
        Refused("not valid Unicode", new TensorToWrite("\uD800", ScalarType.UInt8, [1], new byte[1]));
        Refused("tensor 'b' (UInt8[2]) needs 2 bytes, but 3 were given", one, new("b", ScalarType.UInt8, [2], new byte[3]));
        Assert.Empty(Directory.GetFiles(folder.Path));

        void Refused(string reason, params TensorToWrite[] tensors) =>
            Assert.Contains(reason, Assert.Throws<CheckpointException>(() => SafetensorsWriter.Write(folder.File("x"), tensors)).Message);
    }

    [Fact]
    public void ToFloat32_HalvesAndBrainFloats_AreExact()
    {
        Prop.ForAll<ushort>(bits =>
        {
            var floats = new float[1];
            TensorConversion.ToFloat32(BitConverter.GetBytes(bits), ScalarType.BFloat16, floats);
            var back = new ushort[1];
            TensorConversion.ToBFloat16(floats, back);
            TensorConversion.ToFloat32(BitConverter.GetBytes(bits), ScalarType.Float16, floats);
            return (float.IsNaN(BitConverter.UInt32BitsToSingle((uint)bits << 16)) || back[0] == bits) && floats[0].Equals((float)BitConverter.UInt16BitsToHalf(bits));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(0x3F808000u, 0x3F80)]
    [InlineData(0x3F818000u, 0x3F82)]
    [InlineData(0x3F808001u, 0x3F81)]
    [InlineData(0x7F7FFFFFu, 0x7F80)]
    [InlineData(0xFF800000u, 0xFF80)]
    public void ToBFloat16_BetweenTwo_RoundsToEven(uint single, ushort expected)
    {
        var back = new ushort[1];
        TensorConversion.ToBFloat16([BitConverter.UInt32BitsToSingle(single)], back);
        Assert.Equal(expected, back[0]);
    }

    private static Gen<(string Name, TensorEntry Entry)> Tensor() =>
        from name in Name().Where(name => name != "__metadata__")
        from type in Gen.Elements(Enum.GetValues<ScalarType>())
        from shape in Gen.Choose(0, 5).ListOf().Where(shape => shape.Count <= 4)
        select (name, new TensorEntry(type, [.. shape.Select(size => (long)size)]));

    /// <summary>Strings without halves of surrogate pairs.</summary>
    private static Gen<string> Name() =>
        from runes in Gen.OneOf(Gen.Choose(0, 0xD7FF), Gen.Choose(0xE000, 0x10FFFF), Gen.Choose(0x20, 0x7E)).ListOf()
        select string.Concat(runes.Select(char.ConvertFromUtf32));
}
