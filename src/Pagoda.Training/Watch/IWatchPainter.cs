using Pagoda.Formats.Images;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;

namespace Pagoda.Training.Watch;

/// <summary>Draws what a run's watch shows beside its figures; given by whoever can paint, which training cannot.</summary>
public interface IWatchPainter
{
    /// <summary>The pictures of a model as it is now.</summary>
    /// <param name="model">The model under training, its weights frozen for the while.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="pictures">The pictures that accuracy is measured on, to take probes from.</param>
    /// <returns>Names, such as <c>paintings</c>, with pictures.</returns>
    IReadOnlyList<(string Name, Picture Picture)> Draw(ClipModel model, ClipTokenizer tokenizer, WatchedPictures pictures);
}
