using System.CommandLine;
using Pagoda.Formats.Images;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands.Vqgan;

/// <summary>
/// The pictures that a command is given, cut to sizes that a VQGAN takes: the central square of a side, or each at its
/// own size less what is above a multiple of the factor, cut off evenly on all sides.
/// </summary>
internal sealed class PictureInputs
{
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".webp"];
    private readonly Argument<string[]> _files = new("pictures") { Description = "Pictures, or folders of pictures.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<int?> _size = new("--size") { Description = "Side in pixels of the central square that is coded; the model's own unless given." };
    private readonly Option<bool> _keepSize = new("--keep-size") { Description = "Code each picture at its own size, cut to a multiple of the model's factor." };

    public Argument<string[]> Argument => _files;

    public IEnumerable<Option> Options => [_size, _keepSize];

    /// <summary>The files, in the order given, those of a folder by name.</summary>
    /// <exception cref="FileNotFoundException">There is no such file, or no picture in a folder.</exception>
    public IReadOnlyList<string> Files(ParseResult parsed)
    {
        var files = new List<string>();
        foreach (var given in parsed.GetValue(_files) ?? [])
        {
            var found = Directory.Exists(given)
                ? Directory.GetFiles(given).Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).ToList()
                : File.Exists(given) ? [given] : throw new FileNotFoundException($"There is no picture or folder {given}.");
            if (found.Count == 0)
            {
                throw new FileNotFoundException($"There is no picture in {given}; looked for *{string.Join(", *", Extensions)}.");
            }

            files.AddRange(found);
        }

        return files;
    }

    /// <summary>How pictures are cut for a model.</summary>
    /// <exception cref="UsageException">The size is no multiple of the factor, or both options are given.</exception>
    public Func<string, Picture> Reader(ParseResult parsed, int resolution, int factor)
    {
        var size = parsed.GetValue(_size);
        if (parsed.GetValue(_keepSize))
        {
            return size is null ? path => Cut(Load(path, factor), factor) : throw new UsageException("--size and --keep-size exclude each other.");
        }

        var side = size ?? resolution;
        return side >= factor && side <= 1 << 14 && side % factor == 0
            ? path => new ClipPreprocessing(side).Square(Load(path, factor))
            : throw new UsageException($"--size is {side}; give a multiple of {factor}, the pixels to a token of this model, up to {1 << 14}.");
    }

    /// <summary>Pictures of one size as <c>[N, 3, H, W]</c> in [-1, 1].</summary>
    public static Tensor Pixels(IReadOnlyList<Picture> pictures, Device device)
    {
        using var scope = new TensorScope();
        var (width, height) = (pictures[0].Width, pictures[0].Height);
        var planes = pictures.SelectMany(picture => picture.ToPlanes()).ToArray();
        return scope.Keep((Tensor.From(planes, pictures.Count, 3, height, width).To(device: device) * 2.0) - 1.0);
    }

    /// <summary>Pictures <c>[N, 3, H, W]</c> about in [-1, 1] as files have them.</summary>
    public static IReadOnlyList<Picture> Pictures(Tensor images)
    {
        using var scope = new TensorScope();
        var planes = ((images + 1.0) * 0.5).To(ScalarType.Float32).ToArray<float>();
        var (count, height, width) = ((int)images.Size(0), (int)images.Size(2), (int)images.Size(3));
        return [.. Enumerable.Range(0, count).Select(i => Picture.FromPlanes(planes.AsSpan(i * 3 * height * width, 3 * height * width), width, height))];
    }

    private static Picture Load(string path, int factor)
    {
        var picture = PictureFile.Load(path).ToRgb();
        return Math.Min(picture.Width, picture.Height) >= factor
            ? picture
            : throw new PictureException($"{path} is {picture.Width} x {picture.Height} pixels, smaller than one token of this model, which is {factor} x {factor}.");
    }

    private static Picture Cut(Picture picture, int factor)
    {
        var (width, height) = (picture.Width / factor * factor, picture.Height / factor * factor);
        return picture.Crop((picture.Width - width) / 2, (picture.Height - height) / 2, width, height);
    }
}
