using System.Globalization;
using Pagoda.Data;
using Pagoda.Data.Scenes;
using Pagoda.Training.Tokens;

namespace Pagoda.Training;

/// <summary>The pictures and captions that <see cref="DataOptions"/> name.</summary>
public sealed class TrainingData
{
    private readonly DataOptions _options;
    private readonly int _size;
    private readonly ulong _seed;
    private readonly Share _share;
    private readonly Func<LeftOutReport> _report;
    private readonly SceneComposer? _composer;
    private readonly bool _captions;
    private readonly TokenShards? _tokens;
    private LeftOutReport? _left;
    private readonly (StoredData Data, double Weight)[] _stored = [];

    /// <summary>Finds the data; nothing is decoded yet, except emoji.</summary>
    /// <param name="options">Which data.</param>
    /// <param name="size">Width and height of the pictures in pixels.</param>
    /// <param name="seed">Decides the order, scenes and crops.</param>
    /// <param name="log">Told of the first samples that are left out and of their sum, one sentence each, from any thread.</param>
    /// <param name="share">This process's share when several train together; all of it when null.</param>
    /// <param name="folder">Where <see cref="LeftOutReport.FileName"/> is written, with the part's number in its name from the second on; nowhere when null.</param>
    /// <param name="captions">False leaves stored captions unread: for what learns from pictures alone.</param>
    /// <exception cref="InvalidDataException">No source or more than one is named.</exception>
    /// <exception cref="DataException">The data is not there.</exception>
    public TrainingData(DataOptions options, int size, ulong seed, Action<string>? log = null, Share? share = null, string? folder = null, bool captions = true)
    {
        if (options.Problems().FirstOrDefault() is { Sentence: { } sentence })
        {
            throw new InvalidDataException(sentence);
        }

        (_options, _size, _seed, _share, _captions) = (options, size, seed, share ?? Share.All, captions);
        var name = _share.Part == 0 ? LeftOutReport.FileName : $"{Path.GetFileNameWithoutExtension(LeftOutReport.FileName)}-{_share.Part}.jsonl";
        _report = () => new LeftOutReport(options.BrokenLimit, folder is null ? null : Path.Combine(folder, name), log);
        if (options.Emoji.Length > 0)
        {
            var library = EmojiLibrary.Open(options.Emoji);
            Memory = library.Emoji.Sum(emoji => (long)emoji.Sprite.Pixels.Length);
            _composer = Composer(library, options, size);
            Description = $"{options.Emoji}: {_composer.SubjectCount:N0} emoji, composed into scenes without end";
        }
        else if (options.Synthetic > 0)
        {
            Description = $"{options.Synthetic:N0} pictures of noise with random words";
        }
        else if (options.Tokens.Length > 0)
        {
            _tokens = TokenShards.Open(options.Tokens);
            Memory = _tokens.Memory;
            Description = $"{options.Tokens}: {_tokens.Count:N0} pictures as tokens in {_tokens.Files.Count} file(s)";
        }
        else
        {
            _stored = [.. Stored(options, captions)];
            foreach (var (data, _) in _stored.Where(one => _share.Part == 0 && one.Data.ShardCount < _share.Parts))
            {
                log?.Invoke($"{data.Description}: fewer shards than the {_share.Parts} processes, so each process opens every shard for its share of the samples; more and smaller shards read faster.");
            }

            Description = _stored is [var only] ? only.Data.Description : Mixed(_stored);
        }
    }

    /// <summary>What it is and how much, in a few words.</summary>
    public string Description { get; }

    /// <summary>The prepared tokens; null where the data is pictures.</summary>
    internal TokenShards? Tokens => _tokens;

    /// <summary>Bytes it holds in memory, beside the batches.</summary>
    public long Memory { get; }

    /// <summary>The files that say what it is; none for data that is made up.</summary>
    internal IEnumerable<string> Files => _tokens is not null ? _tokens.Files : _options.Emoji.Length == 0 ? _stored.SelectMany(one => one.Data.Files)
        : File.Exists(_options.Emoji) ? [_options.Emoji] : Directory.EnumerateFiles(_options.Emoji, "emoji-*.tar");

    /// <summary>Samples and shards that could not be used so far.</summary>
    public long LeftOut => _left?.Count ?? 0;

    /// <summary>
    /// The stream of batches from its beginning, prepared ahead on other threads. Its <see cref="IBatchSource.Restore(IReadOnlyList{string})"/>
    /// takes the positions of all processes, also of another number of them.
    /// </summary>
    public IBatchSource Batches() => new PrefetchingSource(
        _composer is { } composer ? new SceneSource(composer, _seed, share: _share)
        : _tokens is not null ? new TokenSource(_tokens, _seed, _share)
        : _stored.Length == 0 ? new SyntheticSource(_options.Synthetic, _size, _seed, _share)
        : new DecodedSource(
            Stream(_share), new Crop { Size = _size, Scale = (_options.SmallestCrop, 1), Flip = _options.Flip }, _seed, _options.Workers, _left = _report(), _share, _captions));

    /// <summary>Captions to learn a vocabulary from: of one epoch at most, all those that a picture has; the same for every share.</summary>
    public IEnumerable<string> Captions(int count)
    {
        if (_composer is { } composer)
        {
            return Enumerable.Range(0, count).Select(index => composer.Plan(_seed, index).Caption);
        }

        return _stored.Length == 0 ? Synthetic(count) : Epoch(count).SelectMany(captions => captions).Take(count);
    }

    private static IEnumerable<(StoredData Data, double Weight)> Stored(DataOptions options, bool captions)
    {
        if (options.Mixture.Count > 0)
        {
            return options.Mixture.Where(one => one.Value > 0).OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => (StoredData.Open(one.Key, captions), one.Value));
        }

        var (kind, path) = options switch
        {
            { Shards.Length: > 0 } => (StoredKind.Shards, options.Shards),
            { Folder.Length: > 0 } => (StoredKind.Folder, options.Folder),
            { Table.Length: > 0 } => (StoredKind.Table, options.Table),
            _ => (StoredKind.Coco, options.Coco),
        };
        return [(StoredData.Open(kind, path, options.Images, captions), 1)];
    }

    private static string Mixed(IReadOnlyList<(StoredData Data, double Weight)> stored)
    {
        var sum = stored.Sum(one => one.Weight);
        return string.Join("; ", stored.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Weight / sum:P1} {one.Data.Description}")));
    }

    private static SceneComposer Composer(EmojiLibrary library, DataOptions options, int size) => new(library, new SceneOptions
    {
        Size = size,
        PairShare = options.PairShare,
        CopiesShare = options.CopiesShare,
        EverydayWeight = options.EverydayWeight,
        WhiteBackgroundShare = options.WhiteBackgroundShare,
        Split = options.HeldOut ? SceneSplit.All : SceneSplit.Train,
    });

    /// <summary>The stored samples in the order of the seed, broken ones too; null when the data is made up, not stored.</summary>
    internal ICaptionedSource? Samples() => _stored.Length == 0 ? null : Stream(Share.All);

    private ICaptionedSource Stream(Share share)
    {
        ICaptionedSource One(int index) => _stored[index].Data.Stream(_seed + (ulong)index, _options.ShuffleBuffer, share);
        return _stored.Length == 1 ? One(0) : new MixtureSource([.. _stored.Select((one, i) => (One(i), one.Weight))], _seed, share);
    }

    private IEnumerable<string> Synthetic(int count)
    {
        // The captions do not depend on the pictures' size.
        using var source = new SyntheticSource(_options.Synthetic, 1, _seed);
        return source.Next((int)Math.Min(count, _options.Synthetic)).Captions;
    }

    private IEnumerable<IReadOnlyList<string>> Epoch(int count)
    {
        // The stream of batches tells of broken samples; this one need not say it again.
        using var source = Stream(Share.All);
        for (var again = 0; again <= count;)
        {
            var sample = source.Next();
            if (sample.Epoch > 0)
            {
                // One source alone has come to its end; in a mixture the small ones come again before the large ones end.
                if (_stored.Length == 1)
                {
                    yield break;
                }

                again++;
                continue;
            }

            if (Captions(sample) is { } captions)
            {
                yield return captions;
            }
        }
    }

    private static IReadOnlyList<string>? Captions(StoredSample sample)
    {
        try
        {
            return sample.Captions();
        }
        catch (DataException error) when (error.Defect is not null)
        {
            return null;
        }
    }
}
