using Pagoda.Evaluation.Features;
using Pagoda.Evaluation.Pictures;
using Pagoda.Formats.Images;
using Pagoda.Models.Lpips;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Sets;

/// <summary>
/// How much pictures of one caption differ (<see cref="PerceptualDiversity"/>), of pictures that come one after the other: those of a caption that
/// stand side by side form a group, of which only one is held at a time.
/// </summary>
/// <param name="distance">The perceptual distance.</param>
/// <param name="device">Where it lives.</param>
internal sealed class CaptionDiversity(LpipsDistance distance, Device device)
{
    private readonly List<SourcePicture> _group = [];
    private string? _caption;

    /// <summary>The diversity of each group of two pictures or more.</summary>
    public List<double> Values { get; } = [];

    /// <summary>Pictures in those groups.</summary>
    public int Count { get; private set; }

    /// <summary>Takes the next picture.</summary>
    /// <exception cref="PictureException">It has another size than those of the same caption.</exception>
    public void Add(SourcePicture picture, string? caption)
    {
        if (caption is null || caption != _caption)
        {
            End();
        }

        if (_group is [var first, ..] && (first.Picture.Width, first.Picture.Height) != (picture.Picture.Width, picture.Picture.Height))
        {
            throw new PictureException($"{picture.Name} has {picture.Picture.Width} x {picture.Picture.Height} pixels and {first.Name}, of the same caption, {first.Picture.Width} x {first.Picture.Height}; lpips compares pictures of one size.");
        }

        _caption = caption;
        _group.Add(picture);
    }

    /// <summary>Measures the group that is under way.</summary>
    public void End()
    {
        if (_group.Count > 1 && _caption is not null)
        {
            using var scope = new TensorScope();
            Values.Add(PerceptualDiversity.Of(distance, PictureTensors.Of([.. _group.Select(one => one.Picture)], device)));
            Count += _group.Count;
        }

        _group.Clear();
        _caption = null;
    }
}
