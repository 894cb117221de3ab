using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Pagoda.Formats.Npz;
using Pagoda.Tests.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Tests.Formats.Npz;

[Trait("Host", "programs")]
public sealed class NpzFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("stored.npz")]
    [InlineData("deflated.npz")]
    public void Read_WrittenByNumpy_IsWhatItWrote(string name)
    {
        using var scope = new TensorScope();
        using var file = NpzFile.Open(Sample(name));
        Assert.Equal([-0.25, 0, 0.25], file.Read("mu").ToArray<double>());
        Assert.Equal([2, 0.5, 0, 0.5, 1, -0.125, 0, -0.125, 3], file.Read("sigma").ToArray<double>());
        Assert.Equal(7.5, file.Read("number").ToDouble());
        Assert.Equal([0, 4], file.Read("empty").Shape.ToArray());
        Assert.Contains("fortran", file.Names);
        Ramp(file.Read("fortran"));
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    [InlineData("v3")]
    public void Read_EveryVersion_IsRead(string name)
    {
        using var scope = new TensorScope();
        using var file = NpzFile.Open(Sample("versions.npz"));
        Ramp(file.Read(name));
    }

    [Theory]
    [InlineData("whole", "'<i8'")]
    [InlineData("big", "big-endian")]
    [InlineData("objects", "Python objects")]
    [InlineData("pair", "structure")]
    [InlineData("nobody", "only mu, sigma")]
    public void Read_WhatIsNotRead_SaysWhy(string name, string why)
    {
        using var file = NpzFile.Open(Sample("stored.npz"));
        var message = Assert.Throws<NpzException>(() => file.Read(name)).Message;
        Assert.Contains(why, message, StringComparison.Ordinal);
        Assert.Contains($"array {name}", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "no .npy array")]
    [InlineData("\u0093NUMPY\u0004\u0000\u0000\u0000", "version 4")]
    [InlineData("\u0093NUMPY\u0002\u0000\u00ff\u00ff", "cut off")]
    [InlineData("\u0093NUMPY\u0001\u0000\u00ff\u00ff{", "cut off")]
    [InlineData("\u0093NUMPY\u0001\u0000\u0003\u0000{ }", "no type, order and shape")]
    public void Read_DamagedHeader_IsRefused(string bytes, string why) => Refused(Encoding.Latin1.GetBytes(bytes), why);

    [Theory]
    [InlineData("(3,)", "does not fit")]
    [InlineData("(1,)", "does not fit")]
    [InlineData("(4294967296, 4294967296, 4294967296)", "does not fit")]
    [InlineData("(99999999999999999999,)", "for a size")]
    [InlineData("(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2)", "33 dimensions")]
    [InlineData("(-2,)", "no type, order and shape")]
    public void Read_ShapeThatLies_IsRefused(string shape, string why) =>
        Refused(Encoding.Latin1.GetBytes($"\u0093NUMPY\u0001\u0000{(char)(58 + shape.Length)}\u0000{$"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n".PadRight(58 + shape.Length)}0123456789abcdef"), why);

    [Fact]
    public void Open_NoZip_IsRefusedWithItsName()
    {
        File.WriteAllText(_folder.File("x.npz"), "mu and sigma");
        Assert.Contains("x.npz", Assert.Throws<NpzException>(() => NpzFile.Open(_folder.File("x.npz"))).Message, StringComparison.Ordinal);
        Assert.Throws<NpzException>(() => NpzFile.Open(_folder.File("nowhere.npz")));
    }

    [Theory]
    [InlineData("stored.npz")]
    [InlineData("deflated.npz")]
    public void Read_AnyByteChanged_IsAnArrayOrOneSentence(string name)
    {
        var random = new Random(7);
        var original = File.ReadAllBytes(Sample(name));
        for (var round = 0; round < 300; round++)
        {
            var bytes = original.ToArray();
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(_folder.File("x.npz"), round % 3 == 0 ? bytes[..random.Next(bytes.Length)] : bytes);
            using var scope = new TensorScope();
            try
            {
                using var file = NpzFile.Open(_folder.File("x.npz"));
                Assert.Equal([-0.25, 0, 0.25], file.Read("mu").ToArray<double>());
            }
            catch (NpzException problem)
            {
                Assert.EndsWith(".", problem.Message);
            }
        }
    }

    [Fact]
    public void Write_ThenRead_IsTheSameAndSoIsASecondFile()
    {
        using var scope = new TensorScope();
        var (path, again) = (_folder.File("a.npz"), _folder.File("b.npz"));
        NpzFile.Write(path, Arrays());
        NpzFile.Write(again, Arrays());
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(again));
        Assert.Throws<IOException>(() => NpzFile.Write(path, Arrays()));
        using var file = NpzFile.Open(path);
        Assert.Equal([0.5, 1], file.Read("mu").ToArray<double>());
        Assert.Equal([1f, 2, 3, 4, 5, 6], file.Read("sigma").ToArray<float>());
        Assert.Equal([2, 3], file.Read("sigma").Shape.ToArray());
        Assert.Equal([], file.Read("number").Shape.ToArray());
        Assert.Throws<ArgumentException>(() => NpzFile.Write(again, [new("x", Tensor.From([1L]))], overwrite: true));
    }

    [NumpyFact]
    public void Write_ReadByNumpy_IsWhatWasWritten()
    {
        using var scope = new TensorScope();
        NpzFile.Write(_folder.File("a.npz"), Arrays());
        const string script = "import sys, numpy; f = numpy.load(sys.argv[1]); print([(k, f[k].dtype.str, f[k].shape, f[k].tolist()) for k in f.files])";
        Assert.Equal("[('mu', '<f8', (2,), [0.5, 1.0]), ('sigma', '<f4', (2, 3), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), ('number', '<f8', (), 3.0)]", NumpyFactAttribute.Run(script, _folder.File("a.npz")).Trim());
    }

    internal static string Sample(string name) => Path.Combine(SharedFolder.RepositoryRoot, "tests", "Pagoda.Tests", "Formats", "Npz", "Samples", name);

    private static KeyValuePair<string, Tensor>[] Arrays() =>
    [
        // A view whose memory lies the other way round.
        new("mu", Tensor.From([0.5, 1.0])), new("sigma", Tensor.From([1f, 4, 2, 5, 3, 6], 3, 2).T()), new("number", Tensor.FromScalar(3, ScalarType.Float64)),
    ];

    private static void Ramp(Tensor tensor)
    {
        Assert.Equal([2, 3, 4], tensor.Shape.ToArray());
        Assert.Equal([.. Enumerable.Range(0, 24).Select(i => i / 8f)], tensor.ToArray<float>());
    }

    private void Refused(byte[] array, string why)
    {
        using (var zip = new ZipArchive(File.Create(_folder.File("x.npz")), ZipArchiveMode.Create))
        {
            using var entry = zip.CreateEntry("mu.npy").Open();
            entry.Write(array);
        }

        using var file = NpzFile.Open(_folder.File("x.npz"));
        Assert.Contains(why, Assert.Throws<NpzException>(() => file.Read("mu")).Message, StringComparison.Ordinal);
    }
}

/// <summary>A test that asks numpy; skipped, with the reason, where the system's Python has none.</summary>
internal sealed class NumpyFactAttribute : FactAttribute
{
    public NumpyFactAttribute() => Skip = SystemPython.Has("numpy") ? null : "needs numpy where /usr/bin/python3 finds it, which is not on this machine";

    public static string Run(string script, string argument)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", ["-c", script, argument]) { RedirectStandardOutput = true, RedirectStandardError = true };
        // The tests' own BLAS is not the one that numpy was built for.
        start.Environment.Remove("LD_LIBRARY_PATH");
        using var python = Process.Start(start)!;
        var output = python.StandardOutput.ReadToEnd();
        python.WaitForExit();
        return python.ExitCode == 0 ? output : throw new InvalidOperationException(python.StandardError.ReadToEnd());
    }
}
