using Pagoda.Data.Scenes;
using Pagoda.Formats.Images;
using Pagoda.Generation.Pixels;
using Pagoda.Torch;

namespace Pagoda.Cli.Demonstrations;

/// <summary>Pictures to take gradients at, with captions and, where they are known, the objects' masks.</summary>
/// <param name="Images"><c>[N, 3, S, S]</c> in [0, 1].</param>
/// <param name="Captions">N captions.</param>
/// <param name="Masks"><c>[N, 1, S, S]</c>, 1 on the objects; null for pictures from files.</param>
internal sealed record GradientPictures(Tensor Images, IReadOnlyList<string> Captions, Tensor? Masks)
{
    /// <summary>A pixel belongs to an object where the scene differs so much from its bare ground.</summary>
    private const float Visible = 1.5f / 255;

    /// <summary>Composed scenes of one everyday thing each.</summary>
    /// <param name="emoji">A folder of emoji shards, or a packed library.</param>
    /// <param name="count">How many.</param>
    /// <param name="size">Side in pixels.</param>
    /// <param name="seed">Which.</param>
    public static GradientPictures Compose(string emoji, int count, int size, ulong seed)
    {
        var composer = new SceneComposer(EmojiLibrary.Open(emoji), new SceneOptions { Size = size, SingleObjectOnly = true, EverydayOnly = true, Scale = (0.5f, 0.8f) });
        var (area, bare) = (size * size, new float[3 * size * size]);
        var (images, masks, captions) = (new float[count * 3 * area], new float[count * area], new string[count]);
        for (var i = 0; i < count; i++)
        {
            var picture = images.AsSpan(i * 3 * area, 3 * area);
            var scene = composer.Compose(seed, i, picture);
            composer.Draw(scene with { Objects = [] }, bare);
            captions[i] = scene.Caption;
            for (var at = 0; at < 3 * area; at++)
            {
                if (Math.Abs(picture[at] - bare[at]) > Visible)
                {
                    masks[(i * area) + (at % area)] = 1;
                }
            }
        }

        return new GradientPictures(Tensor.From(images, count, 3, size, size), captions, Tensor.From(masks, count, 1, size, size));
    }

    /// <summary>Pictures from files: the largest square in the middle, at the model's size.</summary>
    public static GradientPictures Load(IReadOnlyList<string> files, IReadOnlyList<string> captions, int size)
    {
        if (files.Count != captions.Count)
        {
            throw new UsageException($"{files.Count} pictures have {captions.Count} captions; give one --captions for each of --pictures");
        }

        var tensors = files.Select(file => PicturePixels.ToTensor(PicturePixels.Square(PictureFile.Load(file), size), Device.Cpu)).ToArray();
        return new GradientPictures(Ops.Cat(tensors), captions, null);
    }
}
