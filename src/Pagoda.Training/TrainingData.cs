using Pagoda.Data;
using Pagoda.Data.Scenes;

namespace Pagoda.Training;

/// <summary>Opens what <see cref="DataOptions"/> names.</summary>
internal static class TrainingData
{
    /// <summary>The stream of batches, prepared ahead on another thread.</summary>
    /// <exception cref="InvalidDataException">No source or more than one is named.</exception>
    public static IBatchSource Open(DataOptions options, int size, ulong seed)
    {
        if (new[] { options.Emoji, options.Shards, options.Folder }.Count(name => name.Length > 0) != 1)
        {
            throw new InvalidDataException("data: name exactly one of emoji, shards and folder.");
        }

        if (options.Emoji.Length > 0)
        {
            return new PrefetchingSource(new SceneSource(Composer(options, size), seed));
        }

        throw new InvalidDataException("data: only emoji is supported.");
    }

    /// <summary>The composer of a run's scenes.</summary>
    public static SceneComposer Composer(DataOptions options, int size)
    {
        var library = File.Exists(options.Emoji) ? EmojiLibrary.LoadCache(options.Emoji) : EmojiLibrary.Load(options.Emoji);
        return new SceneComposer(library, new SceneOptions
        {
            Size = size,
            PairShare = options.PairShare,
            CopiesShare = options.CopiesShare,
            EverydayWeight = options.EverydayWeight,
            WhiteBackgroundShare = options.WhiteBackgroundShare,
        });
    }
}
