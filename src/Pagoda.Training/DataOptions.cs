namespace Pagoda.Training;

/// <summary>The data of a run: one of the sources.</summary>
public sealed record DataOptions
{
    /// <summary>A folder of emoji shards, or their packed library, composed into scenes on the fly.</summary>
    public string Emoji { get; init; } = "";

    /// <summary>Webdataset shards: brace patterns, wild cards or folders, joined by <c>::</c>.</summary>
    public string Shards { get; init; } = "";

    /// <summary>A folder of pictures with captions.</summary>
    public string Folder { get; init; } = "";

    /// <summary>A .csv, .tsv or .jsonl table of picture files and captions.</summary>
    public string Table { get; init; } = "";

    /// <summary>COCO's caption JSON.</summary>
    public string Coco { get; init; } = "";

    /// <summary>The folder that the file names of a table or of COCO are relative to; the table's own when empty.</summary>
    public string Images { get; init; } = "";

    /// <summary>So many pictures of noise with captions of random words, for trials without data.</summary>
    public long Synthetic { get; init; }

    /// <summary>A folder of token files with embeddings, as <c>vqgan prepare</c> writes them, for <c>method: gpt</c>.</summary>
    public string Tokens { get; init; } = "";

    /// <summary>Several stored sources, each with the relative number of samples drawn from it.</summary>
    public MixtureWeights Mixture { get; init; } = [];

    /// <summary>Samples of shards that wait to be drawn from (open_clip's buffer is 5000).</summary>
    public int ShuffleBuffer { get; init; } = 5000;

    /// <summary>Largest share of broken samples before the run stops; judged after 200 samples.</summary>
    public double BrokenLimit { get; init; } = 0.1;

    /// <summary>Threads that decode pictures; 0 takes all cores.</summary>
    public int Workers { get; init; }

    /// <summary>Smallest share of a stored picture's area that a random crop takes; open_clip has 0.9.</summary>
    public double SmallestCrop { get; init; } = 0.9;

    /// <summary>Mirror half of the stored pictures; not for captions that speak of left and right.</summary>
    public bool Flip { get; init; }

    /// <summary>Share of scenes with two objects.</summary>
    public double PairShare { get; init; } = 0.15;

    /// <summary>Share of scenes with several copies of an object.</summary>
    public double CopiesShare { get; init; } = 0.1;

    /// <summary>How much more often everyday things come than the rest.</summary>
    public double EverydayWeight { get; init; } = 3;

    /// <summary>Share of scenes on white.</summary>
    public double WhiteBackgroundShare { get; init; } = 0.5;

    /// <summary>Compose the combinations too that are held out for testing: for networks that judge what others paint, never for those that paint.</summary>
    public bool HeldOut { get; init; }

    /// <summary>The keys of the sources that are named.</summary>
    internal IEnumerable<string> Sources()
    {
        (string Key, bool Named)[] all =
        [
            ("data.emoji", Emoji.Length > 0), ("data.shards", Shards.Length > 0), ("data.folder", Folder.Length > 0), ("data.table", Table.Length > 0),
            ("data.coco", Coco.Length > 0), ("data.synthetic", Synthetic > 0), ("data.tokens", Tokens.Length > 0), ("data.mixture", Mixture.Values.Any(weight => weight > 0)),
        ];
        return all.Where(one => one.Named).Select(one => one.Key);
    }

    /// <summary>What is wrong with the choice of sources: keys and sentences.</summary>
    internal IEnumerable<(string Key, string Sentence)> Problems()
    {
        var sources = Sources().ToArray();
        if (sources.Length != 1)
        {
            yield return (sources.LastOrDefault("data.shards"), sources.Length == 0
                ? "no data is named; name one of data.emoji, data.shards, data.folder, data.table, data.coco, data.synthetic, data.tokens and data.mixture."
                : $"{string.Join(" and ", sources)} are both named; name one, or mix several under data.mixture.");
        }

        if (Images.Length > 0 && Table.Length == 0 && Coco.Length == 0)
        {
            yield return ("data.images", "data.images goes with data.table or data.coco; in a mixture write table:FILE@FOLDER.");
        }

        foreach (var (name, weight) in Mixture)
        {
            if (!(weight >= 0) || !double.IsFinite(weight))
            {
                yield return ($"data.mixture.{name}", $"the weight of {name} in data.mixture is {weight}; give a number from 0.");
            }
        }
    }

    /// <summary>Whether a change of the key makes another stream of samples, in which an old position means nothing.</summary>
    internal static bool ChangesStream(string key) =>
        key is "data.emoji" or "data.shards" or "data.folder" or "data.table" or "data.coco" or "data.images" or "data.synthetic" or "data.tokens" or "data.shuffle_buffer"
        || key.StartsWith("data.mixture", StringComparison.Ordinal);
}
