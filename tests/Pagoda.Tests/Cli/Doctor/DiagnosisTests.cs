using Pagoda.Cli.Commands;
using Pagoda.Cli.Doctor;
using Pagoda.Torch;

namespace Pagoda.Tests.Cli.Doctor;

public sealed class DiagnosisTests
{
    private static readonly EngineFacts Engine = new()
    {
        Version = "1.13.0",
        Library = "/usr/lib/libtorch_cpu.so.1.13.0",
        Blas = "/usr/lib/x86_64-linux-gnu/openblas-openmp/libopenblasp-r0.3.21.so",
        Threads = 4,
        Kernels = "AVX2",
        FastBFloat16 = false,
        HasCuda = false,
        CudaDevices = [],
    };

    private static readonly DoctorFacts Healthy = new()
    {
        Pagoda = "0.1.0",
        DotNet = ".NET 10",
        System = "linux",
        Processor = new ProcessorFacts("Test", 4, ["avx2"]),
        Memory = new MemoryFacts(16_000_000_000, 8_000_000_000),
        Disks = [new DiskFacts("/", 50_000_000_000)],
        Engine = Engine,
        Codecs = ["/usr/lib/libpng16.so.16"],
        HasNvidiaCard = false,
        Models = [new ModelFacts("emoji/clip", "/models/emoji/clip.safetensors", 8_000_000)],
    };

    [Fact]
    public void Of_HealthyMachine_FindsNothing() => Assert.Empty(Diagnosis.Of(Healthy));

    [Theory]
    [InlineData("gloo, nccl")]
    [InlineData("")]
    public void Run_AnyLibtorch_SaysWhatConnectsProcesses(string backends)
    {
        var output = new StringWriter();
        DoctorCommand.Run(output, json: false, Healthy with { Engine = Engine with { DistributedBackends = backends.Split(", ", StringSplitOptions.RemoveEmptyEntries) } });
        Assert.Contains(backends.Length > 0 ? backends : "this libtorch connects no processes", output.ToString(), StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Advised => new()
    {
        { "pthread", "1.7 times" },
        { "reference", "slow reference" },
        { "threads", "2 of 4 processors" },
        { "avx512", "does not use this processor's AVX-512" },
        { "card", "built without CUDA" },
        { "driver", "CUDA finds no device" },
        { "disk", "are free in /full" },
    };

    [Theory]
    [MemberData(nameof(Advised))]
    public void Of_SlowMachine_AdvisesAndStaysHealthy(string fault, string expected)
    {
        var facts = fault switch
        {
            "pthread" => Healthy with { Engine = Engine with { Blas = "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblasp-r0.3.21.so" } },
            "reference" => Healthy with { Engine = Engine with { Blas = "/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0" } },
            "threads" => Healthy with { Engine = Engine with { Threads = 2 } },
            "avx512" => Healthy with { Processor = Healthy.Processor with { Features = ["avx2", "avx512f"] } },
            "card" => Healthy with { HasNvidiaCard = true },
            "driver" => Healthy with { HasNvidiaCard = true, Engine = Engine with { HasCuda = true } },
            _ => Healthy with { Disks = [new DiskFacts("/full", 1000)] },
        };
        var finding = Assert.Single(Diagnosis.Of(facts));
        Assert.Contains(expected, finding.What, StringComparison.Ordinal);
        Assert.Equal(0, DoctorCommand.Run(TextWriter.Null, json: false, facts));
    }

    public static TheoryData<string, string> Broken => new()
    {
        { "engine", "no libtorch here" },
        { "codecs", "no libpng here" },
        { "models", "no model" },
        { "memory", "only 400 MB of memory" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Run_BrokenMachine_SaysWhatAndEndsWith1(string fault, string expected)
    {
        var facts = fault switch
        {
            "engine" => Healthy with { Engine = null, EngineProblem = "no libtorch here" },
            "codecs" => Healthy with { Codecs = null, CodecsProblem = "no libpng here" },
            "models" => Healthy with { Models = [] },
            _ => Healthy with { Memory = new MemoryFacts(16_000_000_000, 400_000_000) },
        };
        var output = new StringWriter();
        Assert.Equal(1, DoctorCommand.Run(output, json: false, facts));
        Assert.Contains(expected, output.ToString(), StringComparison.Ordinal);
        Assert.Contains("->", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_CpuInfo_FindsNameAndFeatures()
    {
        const string cpuinfo = "processor\t: 0\nmodel name\t: Test CPU: 9000\nflags\t\t: fpu avx2 avx512f avx512_bf16\n\nprocessor\t: 1\n";
        var facts = ProcessorFacts.Parse(cpuinfo, 2);
        Assert.Equal("Test CPU: 9000", facts.Name);
        Assert.Equal(["avx2", "avx512f", "avx512_bf16"], facts.Features);
    }

    [Theory]
    [InlineData(long.MaxValue, 2048L * 1024, 1024L * 1024)]
    [InlineData(500_000, 500_000, 500_000)]
    public void Parse_MemInfo_TheLowerLimitCounts(long limit, long total, long available) =>
        Assert.Equal(new MemoryFacts(total, available), MemoryFacts.Parse("MemTotal:     2048 kB\nMemFree: 1 kB\nMemAvailable:   1024 kB\n", limit));

    [Fact]
    public void Parse_Maps_FindsLibrariesByTheBeginningOfTheirNames()
    {
        const string maps = """
            7f00-7f01 r--p 00000000 08:01 123  /usr/lib/x86_64-linux-gnu/libpng16.so.16.39.0
            7f01-7f02 r-xp 00001000 08:01 123  /usr/lib/x86_64-linux-gnu/libpng16.so.16.39.0
            7f02-7f03 rw-p 00000000 00:00 0    [heap]
            7f03-7f04 r--p 00000000 08:01 124  /usr/share/libpng.txt
            """;
        var libraries = MappedLibraries.Parse(maps);
        Assert.Equal("/usr/lib/x86_64-linux-gnu/libpng16.so.16.39.0", libraries.Find("libjpeg", "libpng"));
        Assert.Null(libraries.Find("libwebp"));
    }
}
