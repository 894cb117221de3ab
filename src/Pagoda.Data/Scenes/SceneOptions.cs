namespace Pagoda.Data.Scenes;

/// <summary>Which combinations of colours, objects and places a composer makes.</summary>
public enum SceneSplit
{
    /// <summary>Everything but the held-out combinations.</summary>
    Train,

    /// <summary>Only held-out combinations: what a model trained on <see cref="Train"/> has never seen put together.</summary>
    HeldOut,

    /// <summary>Both, as they come: for networks that judge what others paint of either.</summary>
    All,
}

/// <summary>What scenes a <see cref="SceneComposer"/> makes and how often. Shares are probabilities in [0, 1].</summary>
public sealed record SceneOptions
{
    /// <summary>Width and height of the pictures in pixels. Default 64.</summary>
    public int Size { get; init; } = 64;

    /// <summary>The shards whose emoji are used. Default 0 to 3: shard 4 is kept for testing and never trained on.</summary>
    public IReadOnlyList<int> Shards { get; init; } = [0, 1, 2, 3];

    /// <summary>Training combinations, held-out ones or both. Default <see cref="SceneSplit.Train"/>.</summary>
    public SceneSplit Split { get; init; } = SceneSplit.Train;

    /// <summary>Only pictures of one object: sets <see cref="PairShare"/> and <see cref="CopiesShare"/> aside. Default false.</summary>
    public bool SingleObjectOnly { get; init; }

    /// <summary>Only everyday things (the list in everyday.txt). Default false.</summary>
    public bool EverydayOnly { get; init; }

    /// <summary>Share of pictures of two different objects with a relation. Default 0.15.</summary>
    public double PairShare { get; init; } = 0.15;

    /// <summary>Share of pictures of two to four copies of an object. Default 0.10.</summary>
    public double CopiesShare { get; init; } = 0.10;

    /// <summary>Share of objects that get another colour, where their own is known. Default 0.15.</summary>
    public double RecolorShare { get; init; } = 0.15;

    /// <summary>Share of white backgrounds. Default 0.5.</summary>
    public double WhiteBackgroundShare { get; init; } = 0.5;

    /// <summary>Share of coloured backgrounds that are a soft vertical gradient. Default 0.25.</summary>
    public double GradientShare { get; init; } = 0.25;

    /// <summary>The range of one object's longer side, as a share of the canvas. Default 0.55 to 1.</summary>
    public (float Low, float High) Scale { get; init; } = (0.55f, 1f);

    /// <summary>Whether objects are mirrored half of the time, where their name does not forbid it. Default true.</summary>
    public bool Flip { get; init; } = true;

    /// <summary>Relative frequency of each style; a style at 0 is not drawn. Default 2 : 1 : 1.</summary>
    public IReadOnlyDictionary<EmojiStyle, double> StyleWeights { get; init; } = new Dictionary<EmojiStyle, double>
    {
        [EmojiStyle.ThreeD] = 2, [EmojiStyle.Gradient] = 1, [EmojiStyle.Flat] = 1,
    };

    /// <summary>Relative frequency of an emoji by its Unicode group; 1 where a group is not named.</summary>
    public IReadOnlyDictionary<string, double> GroupWeights { get; init; } = new Dictionary<string, double>
    {
        ["Animals & Nature"] = 1.5, ["Food & Drink"] = 1.5, ["Smileys & Emotion"] = 1.3,
        ["People & Body"] = 0.4, ["Symbols"] = 0.25, ["Flags"] = 0.3,
    };

    /// <summary>How much oftener an everyday thing is drawn than another emoji of its group. Default 3.</summary>
    public double EverydayWeight { get; init; } = 3;

    internal void Validate()
    {
        if (Size is < 8 or > 1024)
        {
            throw new ArgumentException($"SceneOptions.Size is {Size}; give 8 to 1024 pixels.");
        }

        if (Shards.Count == 0)
        {
            throw new ArgumentException("SceneOptions.Shards is empty; name at least one shard.");
        }

        foreach (var (name, share) in new[]
                 {
                     (nameof(PairShare), PairShare), (nameof(CopiesShare), CopiesShare), (nameof(RecolorShare), RecolorShare),
                     (nameof(WhiteBackgroundShare), WhiteBackgroundShare), (nameof(GradientShare), GradientShare),
                     ($"{nameof(PairShare)} + {nameof(CopiesShare)}", PairShare + CopiesShare),
                 })
        {
            if (share is not (>= 0 and <= 1))
            {
                throw new ArgumentException($"SceneOptions.{name} is {share}; give a share between 0 and 1.");
            }
        }

        if (Scale is not { Low: > 0.05f, High: <= 1.5f } || Scale.Low > Scale.High)
        {
            throw new ArgumentException($"SceneOptions.Scale is {Scale}; give a low and a high share of the canvas, 0.05 to 1.5.");
        }

        if (Split == SceneSplit.HeldOut && RecolorShare == 0 && (SingleObjectOnly || PairShare == 0))
        {
            throw new ArgumentException("Held-out scenes are recoloured objects or pairs: SceneOptions allows neither.");
        }
    }
}
