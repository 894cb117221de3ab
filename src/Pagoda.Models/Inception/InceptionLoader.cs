using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Catalogue;
using Pagoda.Torch;

namespace Pagoda.Models.Inception;

/// <summary>Loads the Inception-v3 of FID: pytorch-fid's <c>pt_inception-2015-12-05-6726825d.pth</c>, or the same names in safetensors.</summary>
public static class InceptionLoader
{
    private const string Sign = "Conv2d_1a_3x3.conv.weight";
    private const string Auxiliary = "AuxLogits.";

    /// <summary>The name of the published weights in the catalogue.</summary>
    public const string Published = "inception-fid";

    /// <summary>Loads it; its parameters are frozen.</summary>
    /// <param name="nameOrPath">A file, or a name of the catalogue.</param>
    /// <param name="device">Where the weights shall live.</param>
    /// <exception cref="FileNotFoundException">The file is not there; the message says what to do.</exception>
    /// <exception cref="InvalidDataException">The file holds another network: torchvision's Inception-v3 is one, though names and shapes are alike.</exception>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    public static LoadedInception Load(string nameOrPath, Device device)
    {
        var location = ModelLocation.Find(nameOrPath, "metric");
        var archive = CheckpointFile.Open(location.Path);
        var checkpoint = new ArchiveWeights(archive, mapped: device.Type == DeviceType.Cpu);
        try
        {
            if (checkpoint.Shape(Sign) is null)
            {
                throw new InvalidDataException($"{checkpoint.Description} holds no Inception-v3 of FID: there is no tensor {Sign}.");
            }

            // The same names with other pools and other weights: its numbers would compare with nobody's.
            if (checkpoint.Shape("fc.weight") is [1000, _] || checkpoint.Names.Any(name => name.StartsWith(Auxiliary, StringComparison.Ordinal)))
            {
                throw new InvalidDataException($"{checkpoint.Description} is torchvision's Inception-v3, whose FID compares with no published one; use {Published}, of {InceptionNetwork.Classes} classes.");
            }

            using var unowned = TensorScope.Unowned();
            var weights = Weights.Load(checkpoint, device);
            var network = new InceptionNetwork(weights, classifier: checkpoint.Shape("fc.weight") is not null);
            weights.ThrowIfUnexpected();
            return new LoadedInception(network, location.Name, archive.Path, checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }
}
