using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Catalogue;
using Pagoda.Torch;

namespace Pagoda.Models.Diffusion;

/// <summary>Loads denoising networks: Pagoda's folders, and the unconditional checkpoints of openai/guided-diffusion, with a configuration or by their names and shapes.</summary>
public static class DiffusionLoader
{
    /// <summary>The weights' file in a folder that other models share.</summary>
    public const string FileName = "diffusion.safetensors";

    /// <summary>Loads a network; its parameters are frozen.</summary>
    /// <param name="nameOrPath">A folder, a file, or a name: of a folder in <c>models/</c>, or of the catalogue.</param>
    /// <param name="device">Where the weights shall live.</param>
    /// <param name="type">The type to hold them in.</param>
    /// <param name="forTraining">Whether they will be written to: else they may lie in the mapped file.</param>
    /// <exception cref="FileNotFoundException">Nothing is there, or it was not pulled yet; the message says what to do.</exception>
    /// <exception cref="InvalidDataException">It is no such network, or its configuration does not fit its weights.</exception>
    /// <exception cref="CheckpointException">The weights cannot be read.</exception>
    public static LoadedDiffusion Load(string nameOrPath, Device device, ScalarType type = ScalarType.Float32, bool forTraining = false)
    {
        var location = ModelLocation.Find(nameOrPath, "diffusion");
        var own = Path.Combine(location.Path, FileName);
        var archive = CheckpointFile.Open(File.Exists(own) ? own : location.Path);
        var checkpoint = new ArchiveWeights(archive, mapped: device.Type == DeviceType.Cpu && !forTraining);
        try
        {
            if (!DiffusionShapes.IsSource(checkpoint))
            {
                throw new InvalidDataException(
                    $"{checkpoint.Description} is no denoising network of guided-diffusion's kind: {(ArchitectureSketch.Describe(archive.Entries) is { } sketch ? $"it seems to be a {sketch}" : "there are no tensors input_blocks.0.0.weight and time_embed.0.weight")}.");
            }

            using var unowned = TensorScope.Unowned();
            var config = DiffusionConfigFile.Read(Path.Combine(location.Folder, "config.json")) ?? DiffusionShapes.Infer(checkpoint, Path.GetFileName(archive.Path));
            var weights = Weights.Load(checkpoint, device, type);
            var model = new DiffusionUNet(weights, config);
            weights.ThrowIfUnexpected();
            return new LoadedDiffusion(model, location.Name, archive.Path, checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }
}
