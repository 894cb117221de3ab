using Pagoda.Formats.Checkpoints;
using Pagoda.Torch;

namespace Pagoda.Generation.ClipGen;

/// <summary>
/// Where a CLIP's picture embeddings lie, and where its text embeddings: in cones apart from each other (Liang et al. 2022, Mind the Gap,
/// arXiv 2203.02053). A transformer that learned from pictures' embeddings is asked with a text's after it has been moved from the
/// one mean to the other. Pictures and texts need not belong together, so nothing is learned from captions.
/// </summary>
/// <param name="Pictures">Mean embedding of pictures, <c>[C]</c>.</param>
/// <param name="Texts">Mean embedding of texts, <c>[C]</c>.</param>
public sealed record ModalityShift(float[] Pictures, float[] Texts)
{
    /// <summary>The name of its file, beside the transformer.</summary>
    public const string FileName = "modality.safetensors";

    private const string PicturesName = "pictures", TextsName = "texts";

    /// <summary>How far the two means are apart, a length; embeddings have length 1.</summary>
    public double Gap => Math.Sqrt(Pictures.Zip(Texts, (a, b) => (double)(a - b) * (a - b)).Sum());

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It holds no two means of one length.</exception>
    public static ModalityShift Load(string path)
    {
        using var archive = SafetensorsFile.Open(path);
        return archive.Entries.TryGetValue(PicturesName, out var pictures) && archive.Entries.TryGetValue(TextsName, out var texts)
            && pictures.Shape is [var width] && texts.Shape is [var other] && width == other
            ? new ModalityShift(archive.ReadFloats(PicturesName), archive.ReadFloats(TextsName))
            : throw new InvalidDataException($"{path} does not hold the means of picture and text embeddings; ./run models modality writes such files.");
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="clip">SHA-256 of the CLIP's file.</param>
    /// <param name="overwrite">Whether a file that is there may be replaced.</param>
    /// <exception cref="IOException">The file exists and may not be replaced, or the disk refuses.</exception>
    public void Save(string path, string clip, bool overwrite) => SafetensorsWriter.Write(
        path, [Write(PicturesName, Pictures), Write(TextsName, Texts)], new Dictionary<string, string> { ["clip"] = clip }, overwrite);

    /// <summary>What to add to a text's embedding, for <see cref="ClipGenOptions.Modality"/>.</summary>
    /// <param name="strength">Share of the way between the means.</param>
    public IReadOnlyList<float> Vector(double strength = 1) => [.. Pictures.Zip(Texts, (picture, text) => (float)(strength * (picture - text)))];

    private static TensorToWrite Write(string name, float[] values) =>
        new(name, ScalarType.Float32, [values.Length], System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
}
