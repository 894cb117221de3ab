using System.CommandLine;
using Pagoda.Cli.Commands.Compare;
using Pagoda.Evaluation.Captioning;
using Pagoda.Evaluation.Features;
using Pagoda.Evaluation.Sets;
using Pagoda.Generation.Provenance;
using Pagoda.Models.Captioner;
using Pagoda.Models.Catalogue;
using Pagoda.Models.Clip;
using Pagoda.Models.Inception;
using Pagoda.Models.Lpips;
using Pagoda.Torch;
using Pagoda.Torch.Distributed;

namespace Pagoda.Cli.Commands.Eval;

/// <summary>Which networks look at sets of pictures, where, and how.</summary>
/// <param name="device">The option for the devices.</param>
internal sealed class JudgeOptions(Option<string?> device)
{
    public const string Devices = "cpu, cuda or cuda:N, or several with commas, such as cuda:0,cuda:1; the best at hand by default.";
    private const int OnProcessor = 16, OnGraphics = 64;

    private readonly Option<string[]> _features = new("--features") { Description = $"The network whose features are compared: {InceptionLoader.Published}, a file of it, clip:NAME or classifier:FILE; several with commas.", DefaultValueFactory = _ => [InceptionLoader.Published] };
    private readonly Option<string> _resizer = new("--resizer") { Description = $"How Inception gets its pictures: {InceptionFeatures.PytorchFid} or {InceptionFeatures.CleanFid}.", DefaultValueFactory = _ => InceptionFeatures.PytorchFid };
    private readonly Option<int?> _batch = new("--batch") { Description = $"Pictures at once; {OnProcessor} on a processor and {OnGraphics} on a GPU by default." };
    private readonly Option<bool> _noCache = new("--no-cache") { Description = "Neither read nor keep statistics of the reference in the cache." };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };

    public IEnumerable<Option> All => [_features, _resizer, _batch, device, _noCache];

    public Option<bool> Json => _json;

    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    public StatisticsCache? Cache(ParseResult parsed) => parsed.GetValue(_noCache) ? null : StatisticsCache.Default();

    /// <exception cref="UsageException">It is below 1.</exception>
    public int Batch(ParseResult parsed, IReadOnlyList<Device> devices) => parsed.GetValue(_batch) is not { } batch ? (devices[0].Type == DeviceType.Cpu ? OnProcessor : OnGraphics)
        : batch >= 1 ? batch : throw new UsageException($"--batch is {batch}; give 1 or more");

    /// <summary>The devices that are named, or this process's own.</summary>
    /// <exception cref="UsageException">One is not there.</exception>
    public IReadOnlyList<Device> DevicesOf(ParseResult parsed, Launch launch)
    {
        if (parsed.GetValue(device) is not { } names)
        {
            return [launch.Device];
        }

        return [.. names.Split(',', StringSplitOptions.TrimEntries).Select(name =>
        {
            try
            {
                var one = Device.Parse(name);
                return one.Type == DeviceType.Cpu || Math.Max(0, one.Index) < LibTorch.CudaDeviceCount ? one
                    : throw new UsageException($"There is no device {name}: {(LibTorch.HasCuda ? $"{LibTorch.CudaDeviceCount} CUDA devices can be used" : "this libtorch is built without CUDA")}; use cpu.");
            }
            catch (FormatException problem)
            {
                throw new UsageException($"--device: {problem.Message}");
            }
        })];
    }

    /// <summary>Reads names of measures.</summary>
    /// <exception cref="UsageException">One is not known.</exception>
    public static IReadOnlyList<SetMeasure> Measures(string option, IEnumerable<string> names)
    {
        try
        {
            return [.. names.SelectMany(name => name.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Select(SetMeasure.Parse).Distinct()];
        }
        catch (FormatException problem)
        {
            throw new UsageException($"{option}: {problem.Message}");
        }
    }

    /// <summary>The Fréchet distance alone, after a blur of so many pixels.</summary>
    /// <exception cref="UsageException">There is no such blur.</exception>
    public static IReadOnlyList<SetMeasure> Distance(double blur) => Measures("--blur", [blur == 0 ? SetMeasure.Fid : FormattableString.Invariant($"{SetMeasure.Fid}-{blur}")]);

    /// <summary>Loads what measures need, on every device; before anything else is done, so that nothing is found missing after hours.</summary>
    /// <exception cref="UsageException">A resizer is not known, or a CLIP is missing that a measure needs.</exception>
    public SetJudges Load(ParseResult parsed, IReadOnlyList<SetMeasure> measures, IReadOnlyList<Device> devices, IReadOnlyList<string> clips, string? captioner, string lpips)
    {
        var resizer = parsed.GetRequiredValue(_resizer);
        if (resizer is not (InceptionFeatures.PytorchFid or InceptionFeatures.CleanFid))
        {
            throw new UsageException($"--resizer: there is no {resizer}; there are {InceptionFeatures.PytorchFid} and {InceptionFeatures.CleanFid}");
        }

        if (measures.FirstOrDefault(measure => measure.NeedsClip) is { } judged && clips.Count == 0)
        {
            throw new UsageException($"{judged.Name} takes a CLIP; name it with --clip");
        }

        if (measures.Any(measure => measure.Name == SetMeasure.Likelihood) && captioner is null)
        {
            throw new UsageException("caps takes a captioning model; name its file with --captioner");
        }

        var held = new List<IDisposable>();
        try
        {
            string[] networks = measures.Any(measure => measure.NeedsFeatures) ? [.. (parsed.GetValue(_features) ?? []).SelectMany(one => one.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct()] : [];
            var features = devices.Select(one => (IReadOnlyList<IFeatureNetwork>)[.. networks.Select(name => Held(FeatureNetworks.Load(name, resizer, one)))]).ToList();
            var critics = devices.Select(one => (IReadOnlyList<ClipFeatures>)[.. (measures.Any(measure => measure.NeedsClip) ? clips : []).Select(name => Held(new ClipFeatures(ClipLoader.Load(name, one))))]).ToList();
            return new SetJudges
            {
                Devices = devices,
                Features = features,
                Clips = critics,
                Captioner = measures.Any(measure => measure.Name == SetMeasure.Likelihood) ? new Captioner(CaptionerLoader.Load(captioner!, devices[0])) : null,
                Lpips = measures.Any(measure => measure.Name == SetMeasure.Diversity) ? (LpipsLoader.Load(lpips, devices[0]), Path.GetFileNameWithoutExtension(lpips), FileRecord.Of(ModelLocation.Find(lpips, "metric").Path).Sha256) : null,
            };
        }
        catch
        {
            held.ForEach(one => one.Dispose());
            throw;
        }

        T Held<T>(T network)
            where T : IDisposable
        {
            held.Add(network);
            return network;
        }
    }

    /// <summary>The processes that share the work, as a launcher such as torchrun has started them; null for one alone.</summary>
    public static ProcessGroup? Group(Launch launch, Device device, TextWriter error)
    {
        launch.ShareProcessors();
        return ProcessGroup.Open(launch, device, new ProcessGroupOptions
        {
            OnLost = lost =>
            {
                error.WriteLine($"pagoda: {lost}");
                error.Flush();
                Environment.Exit(ExitCodes.Failure);
            },
        });
    }

    /// <summary>Shows how far passes are, each in a line of its own.</summary>
    public static Action<string, int, int?> Progress(TextWriter error)
    {
        var (line, of) = (default(ProgressLine), "");
        return (what, done, total) =>
        {
            if (line is null || of != what)
            {
                (line, of) = (new ProgressLine(error, what, total), what);
            }

            line.Show(done, done);
        };
    }
}
