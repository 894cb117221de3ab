using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>What a benchmark is asked to do.</summary>
/// <param name="Architecture">The towers' shape.</param>
/// <param name="Views">Pictures (or texts) in a batch.</param>
/// <param name="Size">Side of the pictures in pixels.</param>
/// <param name="Type">The type of matrix products.</param>
internal sealed record BenchmarkShape(ClipConfig Architecture, int Views, int Size, ScalarType Type)
{
    /// <summary>The architecture's name.</summary>
    public string Arch { get; init; } = "";

    /// <summary>The transformer that tokens are drawn from.</summary>
    public GptSampleShape Gpt { get; init; } = new();

    /// <summary>Pictures that moments are taken of unless more are asked for.</summary>
    public const int FewPictures = 64;

    /// <summary>Pictures that moments are taken of.</summary>
    public int Pictures { get; init; } = FewPictures;

    /// <summary>The architecture at that size of picture, with what is not measured shrunk away.</summary>
    /// <param name="images">Keep the image tower.</param>
    /// <param name="texts">Keep the text tower.</param>
    public ClipConfig Config(bool images, bool texts)
    {
        var config = Architecture;
        if (images && (Size <= 0 || (config.Vision.PatchSize > 0 && Size % config.Vision.PatchSize != 0)))
        {
            throw new UsageException($"--size {Size} does not fit patches of {config.Vision.PatchSize} pixels.");
        }

        return config with
        {
            Vision = images ? config.Vision with { ImageSize = Size } : config.Vision with { Architecture = VisionArchitecture.Residual, Layers = [0], Width = [8] },
            Text = texts ? config.Text : config.Text with { Layers = 1, VocabularySize = 8 },
        };
    }
}

/// <summary>What a row of a report is of.</summary>
/// <param name="Arch">The network, in a word or two; null where there is none.</param>
/// <param name="Size">Side of its pictures in pixels; null where there are none.</param>
/// <param name="Views">Pictures or texts in a step.</param>
internal sealed record Setting(string? Arch, int? Size, int Views)
{
    public override string ToString() => string.Join(" ", new[] { Arch, Size is { } size ? $"{size} px" : null, $"x {Views}" }.OfType<string>());
}

/// <summary>What a row is held against.</summary>
/// <param name="Of">What would be reached at best; or, without a fraction, why nothing says that.</param>
/// <param name="Fraction">The share of it that was reached; null where nothing says what would be best.</param>
internal sealed record Ceiling(string Of, double? Fraction = null);

/// <summary>Something that is measured. A new one is a class here and a line in <see cref="BenchmarkList"/>.</summary>
internal interface IBenchmark
{
    /// <summary>The word that is typed.</summary>
    string Name { get; }

    /// <summary>One sentence.</summary>
    string Description { get; }

    /// <summary>Whether libtorch's matrix products are what it measures, which emulate bfloat16 on most processors.</summary>
    bool EmulatesBFloat16 => true;

    /// <summary>Whether it uses libtorch's matrix products, so that float32 and bfloat16 differ.</summary>
    bool HasTypes => true;

    /// <summary>The shapes that a run of all benchmarks measures; the one that was asked for unless it says otherwise.</summary>
    IEnumerable<BenchmarkShape> Rows(BenchmarkShape asked) => [asked];

    /// <summary>Builds what a step needs; nothing of it is timed.</summary>
    Workload Prepare(BenchmarkShape shape);
}

/// <summary>One prepared benchmark.</summary>
internal abstract class Workload : IDisposable
{
    /// <summary>Floating-point operations of one step, a multiply-add counted as two; null when they are not counted.</summary>
    public virtual double? Operations => null;

    /// <summary>Bytes that one step has to move, where they and not operations are what counts; of one call when a step is many.</summary>
    public virtual double? Bytes => null;

    /// <summary>What it is held against, where that is not the GEMM rate of the run.</summary>
    public virtual Ceiling? Ceiling(Spread seconds) => null;

    /// <summary>Calls that one step consists of, when what counts is the time of a call.</summary>
    public virtual int Calls => 1;

    /// <summary>What a step is of.</summary>
    public abstract Setting Setting { get; }

    /// <summary>Seconds of the last step by its own clock, where not all of the step counts.</summary>
    public virtual double? OwnSeconds => null;

    /// <summary>Peak resident memory of the other process in which it all happens; null when it happens in this one.</summary>
    public virtual long? OtherProcessPeak => null;

    /// <summary>The forms in which a plain PyTorch program does the same, by the names of bench/python; empty when none does.</summary>
    public virtual IReadOnlyList<string> PythonForms => [];

    /// <summary>The numbers that the PyTorch program needs to build the same.</summary>
    public virtual IReadOnlyDictionary<string, object> PythonShape => new Dictionary<string, object>();

    /// <summary>What else was found, in a sentence; null when the row says all.</summary>
    public virtual string? Note(Measurement measured) => null;

    /// <summary>Sampling beside the floor that memory sets; null for what samples nothing.</summary>
    public virtual SamplingFigures? Figures(Spread seconds) => null;

    /// <summary>Does it once before the time counts, or as much of it as finds memory and loads kernels.</summary>
    public virtual void WarmUp() => Step();

    /// <summary>Does it once.</summary>
    public abstract void Step();

    /// <summary>Measures what the step is compared with, in turn with it and outside its time.</summary>
    public virtual void Compare()
    {
    }

    /// <summary>Frees the weights.</summary>
    public abstract void Dispose();

    /// <summary>Frees the weights of a model.</summary>
    protected static void Free(Weights weights)
    {
        foreach (var tensor in weights.StateDict.Values)
        {
            tensor.Dispose();
        }
    }
}

/// <summary>Every benchmark, in the order in which they run.</summary>
internal static class BenchmarkList
{
    public static IReadOnlyList<IBenchmark> All { get; } =
    [
        new PixelStepBenchmark(),
        new EncodeImageBenchmark(),
        new EncodeTextBenchmark(),
        new TrainStepBenchmark(),
        new ClipJemStepBenchmark(),
        new VqganEncodeBenchmark(),
        new VqganDecodeBenchmark(),
        new VqganTrainBenchmark(),
        new GptTrainBenchmark(),
        new GptSampleBenchmark(),
        new StrokesBenchmark(),
        new JpegPipelineBenchmark(),
        new FidBenchmark(),
        new StudioBenchmark(),
        new StartBenchmark("start", method: null),
        new StartBenchmark("start-pixels", method: "pixels"),
        new CallBenchmark(),
    ];

    /// <exception cref="UsageException">There is none of that name.</exception>
    public static IBenchmark Get(string name) =>
        All.FirstOrDefault(benchmark => benchmark.Name == name)
        ?? throw new UsageException($"No benchmark is called '{name}'; there are {string.Join(", ", All.Select(benchmark => benchmark.Name))}.");
}
