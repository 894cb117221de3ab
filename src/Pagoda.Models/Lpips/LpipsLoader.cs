using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Catalogue;
using Pagoda.Torch;

namespace Pagoda.Models.Lpips;

/// <summary>
/// Loads LPIPS over VGG-16: whole (CLIP-GEN's vgg16_lpips.pt, or within a checkpoint of a taming-transformers VQGAN), or
/// its linear layers and torchvision's VGG-16 in a file each.
/// </summary>
public static class LpipsLoader
{
    private const string Sign = "lin0.model.1.weight";
    private const string Network = "net.slice1.0.weight";

    /// <summary>Loads it; nothing stays open.</summary>
    /// <param name="nameOrPath">A file, or a name of the catalogue such as <c>lpips-vgg</c>.</param>
    /// <param name="device">Where the weights shall live.</param>
    /// <param name="network">The file of VGG-16, if it is another; the catalogue's <c>vgg16</c> unless given.</param>
    /// <exception cref="FileNotFoundException">A file is not there; the message says what to do.</exception>
    /// <exception cref="InvalidDataException">A file holds no LPIPS, or no VGG-16.</exception>
    /// <exception cref="CheckpointException">A file cannot be read.</exception>
    public static LpipsDistance Load(string nameOrPath, Device device, string? network = null)
    {
        using var archive = new ArchiveWeights(CheckpointFile.Open(ModelLocation.Find(nameOrPath, "metric").Path));
        var prefixes = archive.Names.Where(name => name.EndsWith(Sign, StringComparison.Ordinal)).Select(name => name[..^Sign.Length]).ToList();
        if (prefixes is not [var prefix])
        {
            throw new InvalidDataException($"{archive.Description} holds no LPIPS: there is no tensor {Sign}.");
        }

        var layers = new Dictionary<string, StoredAs>();
        Map(layers, Enumerable.Range(0, 5).Select(slice => ($"lin{slice}.model.1.weight", $"{prefix}lin{slice}.model.1.weight")));
        if (archive.Shape(prefix + Network) is not null)
        {
            Map(layers, Vgg16.Names.SelectMany(name => Both($"net.{name.Slice}", $"{prefix}net.{name.Slice}")));
            return Build(new RenamedWeights(archive, layers), device);
        }

        using var vgg = new ArchiveWeights(CheckpointFile.Open(ModelLocation.Find(network ?? "vgg16", "metric").Path));
        if (vgg.Shape("features.0.weight") is null)
        {
            throw new InvalidDataException($"{vgg.Description} is no VGG-16 of torchvision: there is no tensor features.0.weight.");
        }

        var features = new Dictionary<string, StoredAs>();
        Map(features, Vgg16.Names.SelectMany(name => Both($"net.{name.Slice}", name.Feature)));
        return Build(new Two(new RenamedWeights(archive, layers), new RenamedWeights(vgg, features)), device);
    }

    private static LpipsDistance Build(IWeightSource source, Device device)
    {
        using var unowned = TensorScope.Unowned();
        return new LpipsDistance(Weights.Load(source, device));
    }

    private static IEnumerable<(string, string)> Both(string ours, string theirs) => [($"{ours}.weight", $"{theirs}.weight"), ($"{ours}.bias", $"{theirs}.bias")];

    private static void Map(Dictionary<string, StoredAs> map, IEnumerable<(string Ours, string Theirs)> names)
    {
        foreach (var (ours, theirs) in names)
        {
            map[ours] = new StoredAs([theirs]);
        }
    }

    /// <summary>Linear layers from one file, convolutions from another.</summary>
    private sealed class Two(IWeightSource layers, IWeightSource network) : IWeightSource
    {
        public string Description => $"{layers.Description} with {network.Description}";

        public IEnumerable<string> Names => layers.Names.Concat(network.Names);

        public long[]? Shape(string name) => Of(name).Shape(name);

        public Tensor Read(string name) => Of(name).Read(name);

        private IWeightSource Of(string name) => name.StartsWith("net.", StringComparison.Ordinal) ? network : layers;
    }
}
