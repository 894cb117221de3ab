using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Training.Batches;

/// <summary>
/// Features of captions under a frozen text tower, kept from one epoch to the next: for ViT-B/32 the text tower is 40 % of a
/// forward pass. A caption's features come from groups of one fixed size, so that they have the same bits whichever captions
/// are computed together and a resumed run, whose memory is empty, goes on as before.
/// </summary>
internal sealed class TextFeatures
{
    private const int Group = 16;

    private readonly TowerPair _towers;
    private readonly ClipTokenizer _tokenizer;
    private readonly Dictionary<string, float[]> _known = [];
    private readonly int _capacity;

    /// <param name="towers">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="megabytes">What may be kept; captions beyond it are computed each time.</param>
    public TextFeatures(TowerPair towers, ClipTokenizer tokenizer, int megabytes)
    {
        (_towers, _tokenizer) = (towers, tokenizer);
        // A caption of some 60 characters and the dictionary's own share.
        _capacity = (int)Math.Min(int.MaxValue / 2, megabytes * 1_000_000L / ((4L * towers.Model.Config.EmbedDim) + 250));
    }

    /// <summary>Captions asked for so far.</summary>
    public long Asked { get; private set; }

    /// <summary>Those among them that had to be computed.</summary>
    public long Computed { get; private set; }

    /// <summary>Features <c>[N, embed]</c> of length 1 on the model's device.</summary>
    public Tensor Of(IReadOnlyList<string> captions)
    {
        Asked += captions.Count;
        var missing = captions.Where(caption => !_known.ContainsKey(caption)).Distinct().ToArray();
        Computed += missing.Length;
        var fresh = new Dictionary<string, float[]>();
        foreach (var group in missing.Chunk(Group))
        {
            foreach (var (caption, row) in group.Zip(Encode(group)))
            {
                fresh[caption] = row;
                if (_known.Count < _capacity)
                {
                    _known[caption] = row;
                }
            }
        }

        var width = _towers.Model.Config.EmbedDim;
        var all = new float[captions.Count * width];
        for (var i = 0; i < captions.Count; i++)
        {
            (fresh.TryGetValue(captions[i], out var row) ? row : _known[captions[i]]).CopyTo(all, i * width);
        }

        return Tensor.From(all, captions.Count, width).To(device: _towers.Model.Device);
    }

    private float[][] Encode(string[] captions)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var length = _towers.Model.Config.Text.ContextLength;
        string[] full = [.. captions, .. Enumerable.Repeat(captions[0], Group - captions.Length)];
        var tokens = Tensor.From(_tokenizer.Tokenize(full, length), Group, length).To(device: _towers.Model.Device);
        return [.. _towers.EncodeText(tokens).To(device: Device.Cpu).ToArray<float>().Chunk(_towers.Model.Config.EmbedDim).Take(captions.Length)];
    }
}
