using System.Globalization;
using Pagoda.Models.Clip;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Training.Tokens;

/// <summary>
/// Turns a run's pictures into tokens and embeddings once, for transformers that see them many times: encoders then cost nothing in
/// training. Crops are drawn once too; prepare more pictures than there are for several crops of each.
/// </summary>
public static class TokenPreparation
{
    /// <summary>Writes <c>tokens-00000.safetensors</c>, ... into a folder. Files that are there already are kept and their pictures passed over.</summary>
    /// <param name="options">A run of <c>method: gpt</c> whose data is pictures.</param>
    /// <param name="folder">Where to.</param>
    /// <param name="count">Pictures in all.</param>
    /// <param name="perFile">Pictures a file.</param>
    /// <param name="batch">Pictures at once.</param>
    /// <param name="report">Told how many pictures are done.</param>
    /// <param name="cancel">Ends it; whole files stay.</param>
    /// <param name="log">Told of samples that are left out.</param>
    /// <exception cref="InvalidDataException">The options are not those of a transformer, or the folder holds tokens of other models.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Run(
        TrainingOptions options, string folder, int count, int perFile, int batch, Action<int> report, CancellationToken cancel, Action<string>? log = null)
    {
        if (options.Method != TrainingMethod.Gpt || options.Data.Tokens.Length > 0)
        {
            throw new InvalidDataException("Tokens are prepared for runs of method gpt, from pictures; name such a configuration without data.tokens.");
        }

        var device = options.Device.Length > 0 ? Device.Parse(options.Device) : LibTorch.DefaultDevice;
        using var vqgan = VqganLoader.Load(options.Gpt.Vqgan, device);
        using var clip = ClipLoader.Load(options.Gpt.Clip, device);
        var encoders = new PictureEncoders(vqgan, clip);
        var size = options.Gpt.Resolution;
        using var pictures = new TrainingData(options.Data, size, options.Seed, log, captions: false).Batches();
        Directory.CreateDirectory(folder);
        for (int file = 0, done = 0; done < count; file++)
        {
            var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"tokens-{file:00000}.safetensors"));
            var here = Math.Min(perFile, count - done);
            var known = File.Exists(path);
            if (known && (TokenFile.Read(path) is var old && (old.CodebookHash != vqgan.CodebookHash || old.Names.Count != here)))
            {
                throw new InvalidDataException($"{path} holds {old.Names.Count} pictures of codebook {old.CodebookHash[..12]}, not {here} of {vqgan.CodebookHash[..12]}: name another folder, or delete it.");
            }

            List<int> tokens = [];
            List<float> embeddings = [];
            for (var at = 0; at < here; at += batch)
            {
                cancel.ThrowIfCancellationRequested();
                using var scope = new TensorScope();
                using var frozen = GradMode.Disable();
                // Pictures of a file that is there are read all the same: the stream has no other way to its place.
                var next = pictures.Next(Math.Min(batch, here - at));
                if (!known)
                {
                    var images = Tensor.From(next.Images, next.Count, 3, size, size).To(device: device);
                    tokens.AddRange(encoders.Tokens(images).To(device: Device.Cpu).ToArray<long>().Select(token => (int)token));
                    embeddings.AddRange(encoders.Embed(images).To(device: Device.Cpu).ToArray<float>());
                }

                report(done + at + next.Count);
            }

            if (!known)
            {
                var grid = size / vqgan.Model.Config.Factor;
                var names = Enumerable.Range(done, here).Select(number => number.ToString(CultureInfo.InvariantCulture)).ToArray();
                new TokenFile([.. tokens], grid, grid, names, vqgan.CodebookHash, vqgan.Model.Config.CodebookSize, vqgan.Model.Config.Factor)
                {
                    Embeddings = embeddings.ToArray(),
                    Clip = clip.Hash,
                }.Write(path, overwrite: false);
            }

            done += here;
        }
    }
}
