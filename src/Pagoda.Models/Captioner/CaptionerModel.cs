using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Captioner;

/// <summary>
/// Says what a picture shows, word by word, and how likely a given caption of it is: a <see cref="Clip.ResidualTrunk"/> whose last map's places, with learned positions, the
/// words of a causal transformer attend to. The table of the words is also the head.
/// </summary>
public sealed class CaptionerModel
{
    private readonly Clip.ResidualTrunk _trunk;
    private readonly Linear _toPlaces;
    private readonly Tensor _placePositions;
    private readonly LayerNorm _placeNorm;
    private readonly Tensor _tokens;
    private readonly Tensor _positions;
    private readonly CaptionerBlock[] _blocks;
    private readonly LayerNorm _norm;
    private readonly Tensor _mask;

    /// <summary>Builds the network.</summary>
    /// <param name="weights">The tree's root.</param>
    /// <param name="config">The shape.</param>
    /// <exception cref="InvalidDataException">There is no such network, or the checkpoint has another shape.</exception>
    public CaptionerModel(Weights weights, CaptionerConfig config)
    {
        (Weights, Config) = (weights, config.Checked());
        _trunk = new Clip.ResidualTrunk(weights["trunk"], config.TrunkWidths, config.TrunkBlocks);
        _toPlaces = new Linear(weights["to_places"], config.TrunkWidths[^1], config.Width);
        _placePositions = weights.Parameter("place_positions", [config.MapSide * config.MapSide, config.Width], Initializer.Normal(0.02));
        _placeNorm = new LayerNorm(weights["place_norm"], config.Width);
        _tokens = weights.Parameter("token_embedding", [config.VocabularySize, config.Width], Initializer.Normal(0.02));
        _positions = weights.Parameter("positions", [config.ContextLength, config.Width], Initializer.Normal(0.01));
        _blocks = [.. Enumerable.Range(0, config.Layers).Select(i => new CaptionerBlock(weights["blocks"][i], config))];
        _norm = new LayerNorm(weights["norm"], config.Width);
        using var unowned = TensorScope.Unowned();
        _mask = Ops.Full([config.ContextLength, config.ContextLength], double.NegativeInfinity, device: _positions.Device).Triu(1);
    }

    /// <summary>The shape.</summary>
    public CaptionerConfig Config { get; }

    /// <summary>Its weights.</summary>
    public Weights Weights { get; }

    /// <summary>Where it computes.</summary>
    public Device Device => _positions.Device;

    /// <summary>Logits of the word after each word.</summary>
    /// <param name="pictures"><c>[N, 3, S, S]</c> in [0, 1], S the configuration's resolution.</param>
    /// <param name="tokens"><c>[N, T]</c> of int64, the start token first.</param>
    /// <returns><c>[N, T, vocabulary]</c>.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit the network.</exception>
    public Tensor Forward(Tensor pictures, Tensor tokens) => Continue(Places(pictures), tokens);

    /// <summary>The log-likelihood of every word of captions.</summary>
    /// <param name="pictures">As for <see cref="Forward"/>.</param>
    /// <param name="rows">A caption each.</param>
    /// <returns><c>[N, T]</c> in nats, float32; 0 after a caption's end.</returns>
    public Tensor LogLikelihoods(Tensor pictures, CaptionRows rows)
    {
        var logits = Forward(pictures, Tensor.From(rows.Inputs, rows.Count, rows.Length).To(device: Device));
        var targets = Tensor.From(rows.Targets, rows.Count * rows.Length).To(device: Device);
        return -logits.To(ScalarType.Float32).View([-1, Config.VocabularySize]).CrossEntropyLoss(targets, reduction: 0, ignoreIndex: CaptionRows.Nothing).View([rows.Count, rows.Length]);
    }

    /// <summary>Captions by the likeliest word each time (greedy), without a search.</summary>
    /// <param name="pictures">As for <see cref="Forward"/>.</param>
    /// <param name="start">The token that captions begin with.</param>
    /// <param name="end">The token that they end with.</param>
    /// <returns>The words of each caption, without start and end.</returns>
    public IReadOnlyList<IReadOnlyList<int>> Caption(Tensor pictures, int start, int end)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var places = Places(pictures);
        var count = (int)pictures.Size(0);
        var (words, ended) = (Enumerable.Range(0, count).Select(_ => new List<int>()).ToArray(), new bool[count]);
        for (var length = 1; length < Config.ContextLength && ended.Contains(false); length++)
        {
            using var step = new TensorScope();
            // Captions that have ended wait with end tokens, which change nothing of the others.
            long[] rows = [.. words.SelectMany(row => row.Select(id => (long)id).Prepend(start).Concat(Enumerable.Repeat((long)end, length - 1 - row.Count)))];
            var next = Continue(places, Tensor.From(rows, count, length).To(device: Device)).Select(1, length - 1).Argmax(-1).ToArray<long>();
            for (var i = 0; i < count; i++)
            {
                ended[i] |= next[i] == end;
                if (!ended[i])
                {
                    words[i].Add((int)next[i]);
                }
            }
        }

        return words;
    }

    /// <summary>What words look at, <c>[N, P, width]</c>.</summary>
    private Tensor Places(Tensor pictures)
    {
        if (pictures.Dimensions != 4 || pictures.Size(1) != 3 || pictures.Size(2) != Config.Resolution || pictures.Size(3) != Config.Resolution)
        {
            throw new ArgumentException($"This captioner takes pictures of [N, 3, {Config.Resolution}, {Config.Resolution}]; [{string.Join(", ", pictures.Shape.ToArray())}] was given.", nameof(pictures));
        }

        var map = _trunk.Forward((pictures * 2) - 1).Flatten(2, 3).Transpose(1, 2);
        return _placeNorm.Forward(_toPlaces.Forward(map) + _placePositions);
    }

    private Tensor Continue(Tensor places, Tensor tokens)
    {
        var length = tokens.Size(1);
        if (length > Config.ContextLength)
        {
            throw new ArgumentException($"This captioner has {Config.ContextLength} positions; {length} are asked for.", nameof(tokens));
        }

        var mask = _mask.Narrow(0, 0, length).Narrow(1, 0, length);
        var x = _tokens.Embedding(tokens) + _positions.Narrow(0, 0, length);
        foreach (var block in _blocks)
        {
            x = block.Forward(x, places, mask);
        }

        return _norm.Forward(x).Linear(_tokens, null);
    }
}
