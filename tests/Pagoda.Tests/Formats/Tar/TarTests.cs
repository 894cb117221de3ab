using System.Formats.Tar;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Pagoda.Formats.Tar;
using Pagoda.Tests.Formats.Checkpoints;
using Reader = Pagoda.Formats.Tar.TarFile;
using TarEntry = Pagoda.Formats.Tar.TarEntry;
using TarWriter = Pagoda.Formats.Tar.TarWriter;

namespace Pagoda.Tests.Formats.Tar;

public sealed class TarTests : IDisposable
{
    private static readonly string LongName = string.Join('/', Enumerable.Repeat("a-folder-with-a-long-name", 12)) + "/päge.jpg";
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Write_AnyFiles_AreReadBackHereAndByDotNet()
    {
        var name = from length in Gen.OneOf(Gen.Choose(1, 20), Gen.Choose(90, 300)) from letters in Gen.Elements("ab/é.".ToCharArray()).ArrayOf(length) select "n" + new string(letters) + "z";
        var file = from path in name from size in Gen.OneOf(Gen.Choose(0, 3), Gen.Choose(500, 1030)) select (path, content: Enumerable.Range(0, size).Select(i => (byte)(i + path.Length)).ToArray());
        Prop.ForAll(file.ListOf().ToArbitrary(), files =>
        {
            var bytes = Archive([.. files]);
            Assert.Equal(files, ReadAll(new MemoryStream(bytes)), SameFile);
            using var dotnet = new TarReader(new MemoryStream(bytes));
            foreach (var (path, content) in files)
            {
                var entry = dotnet.GetNextEntry(copyData: true)!;
                Assert.Equal(path, entry.Name);
                Assert.Equal(content.Length, entry.Length);
            }

            Assert.Null(dotnet.GetNextEntry());
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(TarEntryFormat.V7)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public void Read_ArchiveOfDotNet_HasItsFiles(TarEntryFormat format)
    {
        var names = format is TarEntryFormat.Pax or TarEntryFormat.Gnu ? new[] { "0.jpg", LongName, "1.txt" } : ["0.jpg", "folder/1.txt"];
        using var stream = new MemoryStream();
        using (var writer = new System.Formats.Tar.TarWriter(stream, format, leaveOpen: true))
        {
            writer.WriteEntry(Make(TarEntryType.Directory, "folder/"));
            foreach (var name in names)
            {
                var entry = Make(format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile, name);
                entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes("content of " + name));
                writer.WriteEntry(entry);
                var link = Make(TarEntryType.SymbolicLink, "link");
                link.LinkName = name;
                writer.WriteEntry(link);
            }
        }

        stream.Position = 0;
        Assert.Equal(names.Select(name => (name, Encoding.UTF8.GetBytes("content of " + name))), ReadAll(stream), SameFile);

        System.Formats.Tar.TarEntry Make(TarEntryType type, string name) => format switch
        {
            TarEntryFormat.V7 => new V7TarEntry(type, name),
            TarEntryFormat.Ustar => new UstarTarEntry(type, name),
            TarEntryFormat.Pax => new PaxTarEntry(type, name),
            _ => new GnuTarEntry(type, name),
        };
    }

    [Fact]
    public void Open_File_ReadsAnyEntryByOffset()
    {
        using var tar = Reader.Open(folder.Write("x.tar", Archive(("a", [1, 2, 3]), (LongName, [4]), ("b", []), ("a", [5]))));
        Assert.Equal(["a", LongName, "b", "a"], tar.Entries.Select(entry => entry.Name));
        Assert.Equal([5], tar.Read(tar.Entries[3]));
        Assert.Equal([4], tar.Read(tar.Entries[1]));
        Assert.Equal([], tar.Read(tar.Entries[2]));
        Assert.Equal([1, 2, 3], tar.Read(tar.Entries[0]));
        Assert.Equal(512, tar.Entries[0].Offset);
    }

    [Fact]
    public void TryNext_ContentNotRead_IsPassedOverInPipesToo()
    {
        var bytes = Archive(("a", new byte[700]), ("b", [1]));
        foreach (var stream in new Stream[] { new MemoryStream(bytes), new Pipe(bytes) })
        {
            var tar = new TarStream(stream, "x");
            Assert.True(tar.TryNext(out _));
            Assert.Equal(5, tar.Read(new byte[5]));
            Assert.True(tar.TryNext(out var second));
            Assert.Equal(new TarEntry("b", 2048, 1), second);
            Assert.Equal([1], tar.ReadContent());
            Assert.False(tar.TryNext(out _));
            Assert.True(tar.EndedProperly);
        }
    }

    [Fact]
    public void TryNext_TruncatedAnywhere_NamesEntryAndOffset()
    {
        var bytes = Archive(("first", new byte[600]), ("second", new byte[600]));
        for (var length = 1; length < 3072; length += 13)
        {
            foreach (var stream in new Stream[] { new MemoryStream(bytes, 0, length), new Pipe(bytes[..length]) })
            {
                var tar = new TarStream(stream, "shard.tar");
                var message = Assert.Throws<TarException>(() =>
                {
                    while (tar.TryNext(out _))
                    {
                    }
                }).Message;
                Assert.Equal(length switch
                {
                    < 512 => "shard.tar: it is truncated within the header at offset 0.",
                    < 1536 => "shard.tar: it is truncated within 'first', whose 600 bytes begin at offset 512.",
                    < 2048 => "shard.tar: it is truncated within the header at offset 1536.",
                    _ => "shard.tar: it is truncated within 'second', whose 600 bytes begin at offset 2048.",
                }, message);
            }
        }
    }

    [Fact]
    public void List_TruncatedFile_GivesWhatIsWholeFirst()
    {
        var path = folder.Write("x.tar", Archive(("first", new byte[600]), ("second", new byte[600]))[..2100]);
        var seen = new List<string>();
        var exception = Assert.Throws<TarException>(() =>
        {
            foreach (var entry in Reader.List(path))
            {
                seen.Add(entry.Name);
            }
        });
        Assert.Equal(["first"], seen);
        Assert.Contains("truncated within 'second'", exception.Message);
        Assert.Equal(exception.Message, Assert.Throws<TarException>(() => Reader.Open(path)).Message);
    }

    [Fact]
    public void TryNext_NoZeroBlocks_EndsButNotProperly()
    {
        var tar = new TarStream(new MemoryStream(Archive(("a", [1]))[..1024]), "x");
        Assert.True(tar.TryNext(out _));
        Assert.False(tar.TryNext(out _));
        Assert.False(tar.EndedProperly);
    }

    [Fact]
    public void TryNext_AnyBitOfAHeaderFlipped_IsRefused()
    {
        var bytes = Archive(("a", [1]));
        for (var bit = 0; bit < 512 * 8; bit += 3)
        {
            var damaged = bytes.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            // A leading zero of the check sum can become a space, which is the same number.
            if (bit / 8 is >= 148 and < 156)
            {
                continue;
            }

            Assert.Contains("the header at offset 0 is damaged", Assert.Throws<TarException>(() => new TarStream(new MemoryStream(damaged), "x").TryNext(out _)).Message);
        }
    }

    [Fact]
    public void TryNext_Base256Size_IsRead()
    {
        var bytes = Archive(("a", [1, 2, 3]));
        bytes.AsSpan(124, 12).Clear();
        bytes[124] = 0x80;
        bytes[135] = 3;
        Seal(bytes);
        Assert.Equal([1, 2, 3], Assert.Single(ReadAll(new MemoryStream(bytes))).Content);
        bytes.AsSpan(125, 11).Fill(0xFF);
        Seal(bytes);
        Assert.Contains("is damaged", Assert.Throws<TarException>(() => ReadAll(new MemoryStream(bytes))).Message);
        bytes.AsSpan(125, 3).Clear();
        bytes[128] = 0x7F;
        Seal(bytes);
        Assert.Contains("'a' at offset 512 cannot have 9223372036854775807 bytes", Assert.Throws<TarException>(() => ReadAll(new MemoryStream(bytes))).Message);
    }

    [Fact]
    public void Write_ImpossibleName_IsRefused()
    {
        foreach (var name in new[] { "", "folder/", "a\0b" })
        {
            Assert.Throws<ArgumentException>(() => new TarWriter(Stream.Null).Write(name, []));
        }
    }

    [Fact]
    public void TryNext_DamagedArchives_AreReadOrRefused()
    {
        using var pax = new MemoryStream();
        using (var writer = new System.Formats.Tar.TarWriter(pax, TarEntryFormat.Gnu, leaveOpen: true))
        {
            writer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, LongName) { DataStream = new MemoryStream(new byte[10]) });
        }

        var refused = 0;
        var runs = Fuzzing.Run([Archive((LongName, new byte[10]), ("b", new byte[600])), pax.ToArray()], damaged =>
        {
            try
            {
                // With the check sums put right the damage gets further.
                for (var at = 0; at + 512 <= damaged.Length; at += 512)
                {
                    if (damaged.AsSpan(at + 257, 5).SequenceEqual("ustar"u8))
                    {
                        Seal(damaged.AsSpan(at));
                    }
                }

                ReadAll(new MemoryStream(damaged));
            }
            catch (TarException)
            {
                refused++;
            }
        });
        Assert.InRange(refused, 1, runs - 1);
    }

    [SharedFact("data", "emoji", "emoji-000000.tar")]
    public void Open_Shard_HasPicturesAndCaptions()
    {
        using var tar = Reader.Open(SharedFolder.File("data", "emoji", "emoji-000000.tar"));
        Assert.Equal(["000000.jpg", "000000.txt", "000000.json"], tar.Entries.Take(3).Select(entry => entry.Name));
        Assert.Equal(new TarEntry("000000.jpg", 512, 6222), tar.Entries[0]);
        Assert.All(tar.Entries.Where(entry => entry.Name.EndsWith(".jpg")), entry => Assert.Equal([0xFF, 0xD8], tar.Read(entry)[..2]));
    }

    private static byte[] Archive(params (string Name, byte[] Content)[] files)
    {
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        foreach (var (name, content) in files)
        {
            writer.Write(name, content);
        }

        writer.Finish();
        return stream.ToArray();
    }

    private static List<(string Name, byte[] Content)> ReadAll(Stream stream)
    {
        var files = new List<(string, byte[])>();
        var tar = new TarStream(stream, "x");
        while (tar.TryNext(out var entry))
        {
            files.Add((entry.Name, tar.ReadContent()));
        }

        return files;
    }

    private static bool SameFile((string Name, byte[] Content) a, (string Name, byte[] Content) b) => a.Name == b.Name && a.Content.AsSpan().SequenceEqual(b.Content);

    /// <summary>Puts the right check sum into a header.</summary>
    private static void Seal(Span<byte> header)
    {
        header.Slice(148, 8).Fill((byte)' ');
        var sum = 0;
        foreach (var value in header[..512])
        {
            sum += value;
        }

        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0", header[148..]);
    }

    /// <summary>Cannot seek and gives a little at a time.</summary>
    private sealed class Pipe(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 100)]);
    }
}
