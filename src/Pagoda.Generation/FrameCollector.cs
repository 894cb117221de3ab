using Pagoda.Formats.Images;

namespace Pagoda.Generation;

/// <summary>Gathers the frames of a painting, evenly spread and no more than fit, for an animation of its appearing.</summary>
public sealed class FrameCollector
{
    private const int MostFrames = 100;
    private const int LastShownFor = 20;
    private static readonly TimeSpan FrameTime = TimeSpan.FromMilliseconds(50);

    private List<Picture> _frames = [];
    private int _every = 1;

    /// <summary>Takes a frame, or leaves it out when enough are there.</summary>
    /// <param name="step">Its number: every one at first, and evenly spread ones later.</param>
    /// <param name="picture">The picture.</param>
    public void Add(int step, Picture picture)
    {
        if (step % _every != 0)
        {
            return;
        }

        _frames.Add(picture);
        if (_frames.Count > MostFrames)
        {
            // Half of them go, and from now on half as many come.
            _every *= 2;
            _frames = [.. _frames.Where((_, at) => at % 2 == 1)];
        }
    }

    /// <summary>The animation as WebP, the finished picture held at its end.</summary>
    /// <param name="last">The finished picture, whose size all frames get.</param>
    public byte[] Encode(Picture last)
    {
        var frames = _frames.Select(frame => frame.Resize(last.Width, last.Height, Resampling.Nearest)).Concat(Enumerable.Repeat(last, LastShownFor)).ToList();
        return PictureFile.EncodeWebpAnimation(frames, FrameTime, quality: 90);
    }
}
