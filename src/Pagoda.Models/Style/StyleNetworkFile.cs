using System.Globalization;
using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Models.Style;

/// <summary>Trained style networks as safetensors files that say their style and shape.</summary>
public static class StyleNetworkFile
{
    private const string Format = "pagoda-style";

    /// <summary>Writes a network, whole or not at all.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="network">The network.</param>
    /// <param name="style">The style, in words.</param>
    /// <param name="overwrite">Whether a file that is there may be replaced.</param>
    /// <exception cref="IOException">The file exists and may not be replaced, or the disk refuses.</exception>
    public static void Save(string path, StyleNetwork network, string style, bool overwrite = false) => SafetensorsWriter.Write(
        path,
        network.Weights.StateDict.Select(pair => new TensorToWrite(pair.Key, pair.Value.Type, pair.Value.Shape.ToArray(), stream =>
        {
            using var scope = new TensorScope();
            stream.Write(pair.Value.Detach().ToBytes());
        })),
        new Dictionary<string, string>
        {
            ["format"] = Format,
            ["style"] = style,
            ["width"] = network.Width.ToString(CultureInfo.InvariantCulture),
            ["blocks"] = network.Blocks.ToString(CultureInfo.InvariantCulture),
        },
        overwrite);

    /// <summary>Reads a network and what its style is called.</summary>
    /// <exception cref="InvalidDataException">The file holds no style network.</exception>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    public static (StyleNetwork Network, string Style) Load(string path, Device device)
    {
        var archive = SafetensorsFile.Open(path);
        using var source = new ArchiveWeights(archive, mapped: false);
        if (archive.Metadata.GetValueOrDefault("format") != Format
            || !int.TryParse(archive.Metadata.GetValueOrDefault("width"), NumberStyles.None, CultureInfo.InvariantCulture, out var width)
            || !int.TryParse(archive.Metadata.GetValueOrDefault("blocks"), NumberStyles.None, CultureInfo.InvariantCulture, out var blocks)
            || width is < 1 or > 4096 || blocks is < 0 or > 1000)
        {
            throw new InvalidDataException($"{path} holds no style network; ./run style PICTURE STYLE --save FILE writes such files.");
        }

        using var unowned = TensorScope.Unowned();
        var tree = Weights.Load(source, device);
        var network = new StyleNetwork(tree, width, blocks);
        tree.ThrowIfUnexpected();
        return (network, archive.Metadata.GetValueOrDefault("style", ""));
    }
}
