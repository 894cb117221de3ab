using Pagoda.Data;
using Pagoda.Data.Folders;
using Pagoda.Data.Scenes;
using Pagoda.Data.Shards;

namespace Pagoda.Training;

/// <summary>The pictures and captions that <see cref="DataOptions"/> name.</summary>
public sealed class TrainingData
{
    private readonly ulong _seed;
    private readonly Crop _crop;
    private readonly Action<string> _log;
    private readonly SceneComposer? _composer;
    private readonly Func<Action<string>, ICaptionedSource>? _stored;

    /// <summary>Finds the data; nothing is decoded yet, except emoji.</summary>
    /// <param name="options">Which data.</param>
    /// <param name="size">Width and height of the pictures in pixels.</param>
    /// <param name="seed">Decides the order, scenes and crops.</param>
    /// <param name="log">Told of each sample that is left out, one sentence each, from any thread.</param>
    /// <exception cref="InvalidDataException">No source or more than one is named.</exception>
    /// <exception cref="DataException">The data is not there.</exception>
    public TrainingData(DataOptions options, int size, ulong seed, Action<string>? log = null)
    {
        if (new[] { options.Emoji, options.Shards, options.Folder }.Count(name => name.Length > 0) != 1)
        {
            throw new InvalidDataException("data: name exactly one of emoji, shards and folder.");
        }

        (_seed, _log) = (seed, log ?? (_ => { }));
        _crop = new Crop { Size = size, Scale = (options.SmallestCrop, 1), Flip = options.Flip };
        if (options.Emoji.Length > 0)
        {
            var library = EmojiLibrary.Open(options.Emoji);
            Memory = library.Emoji.Sum(emoji => (long)emoji.Sprite.Pixels.Length);
            _composer = Composer(library, options, size);
            Description = $"{options.Emoji}: {_composer.SubjectCount:N0} emoji, composed into scenes without end";
        }
        else if (options.Folder.Length > 0)
        {
            using var folder = new ImageFolder(options.Folder, seed);
            _stored = told => new ImageFolder(options.Folder, seed, log: told);
            Description = $"{options.Folder}: {folder.Count:N0} pictures";
        }
        else
        {
            var shards = ShardPattern.Expand(options.Shards);
            using var dataset = new WebDataset(shards, seed, options.ShuffleBuffer);
            _stored = told => new WebDataset(shards, seed, options.ShuffleBuffer, log: told);
            Description = $"{options.Shards}: {shards.Count:N0} shard(s), {shards.Sum(path => new FileInfo(path).Length) / 1e6:N1} MB";
        }
    }

    /// <summary>What it is and how much, in a few words.</summary>
    public string Description { get; }

    /// <summary>Bytes it holds in memory, beside the batches.</summary>
    public long Memory { get; }

    /// <summary>The stream of batches from its beginning, prepared ahead on another thread.</summary>
    public IBatchSource Batches() => new PrefetchingSource(
        _composer is { } composer ? new SceneSource(composer, _seed) : new DecodedSource(_stored!(_log), _crop, _seed, log: _log));

    /// <summary>Captions to learn a vocabulary from: of one epoch at most, all those that a picture has.</summary>
    public IEnumerable<string> Captions(int count)
    {
        if (_composer is { } composer)
        {
            return Enumerable.Range(0, count).Select(index => composer.Plan(_seed, index).Caption);
        }

        return Epoch().SelectMany(sample => sample.Captions).Take(count);
    }

    private static SceneComposer Composer(EmojiLibrary library, DataOptions options, int size) => new(library, new SceneOptions
    {
        Size = size,
        PairShare = options.PairShare,
        CopiesShare = options.CopiesShare,
        EverydayWeight = options.EverydayWeight,
        WhiteBackgroundShare = options.WhiteBackgroundShare,
    });

    private IEnumerable<CaptionedSample> Epoch()
    {
        // The stream of batches tells of broken samples; this one need not say it again.
        using var source = _stored!(_ => { });
        var seen = new HashSet<string>();
        for (var sample = source.Next(); seen.Add(sample.Name); sample = source.Next())
        {
            yield return sample;
        }
    }
}
