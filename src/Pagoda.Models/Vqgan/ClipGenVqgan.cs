using Pagoda.Torch;

namespace Pagoda.Models.Vqgan;

/// <summary>
/// CLIP-GEN's VQGAN under the names of taming-transformers (HFAiLab/clip-gen: models/codec.py, models/vqgan.py). Its
/// towers are flat lists of residual blocks, attention and resampling, told apart by what they contain; its attention has
/// one head, so that the rows of its input projection are the 1 x 1 convolutions of query, key and value.
/// </summary>
public sealed class ClipGenVqgan : IWeightSource
{
    private static readonly (string Theirs, string Ours)[] Block = [("block.0", "norm1"), ("block.2", "conv1"), ("block.3", "norm2"), ("block.6", "conv2"), ("shortcut", "nin_shortcut")];
    private static readonly string[] Projections = ["q", "k", "v"];
    private readonly IWeightSource _source;
    private readonly OrderedDictionary<string, Stored> _map = [];

    /// <summary>Sees a checkpoint through the other names.</summary>
    /// <param name="source">A checkpoint for which <see cref="IsSource"/> holds.</param>
    public ClipGenVqgan(IWeightSource source)
    {
        _source = source;
        AddPair("encoder.conv_in", "encoder.conv_in");
        Flat("encoder.down", level: 0, step: 1);
        Middle("encoder");
        AddPair("encoder.final.0", "encoder.norm_out");
        AddPair("encoder.final.2", "encoder.conv_out");
        AddPair("encoder.final.3", "quant_conv");
        AddPair("decoder.quant_conv_in", "post_quant_conv");
        AddPair("decoder.conv_in", "decoder.conv_in");
        Middle("decoder");
        Flat("decoder.up", level: Numbers("decoder.up").Count(number => Has($"decoder.up.{number}.conv")), step: -1);
        AddPair("decoder.final.0", "decoder.norm_out");
        AddPair("decoder.final.2", "decoder.conv_out");
        _map["quantize.embedding.weight"] = new("quantizer.embedding.weight");
        Discriminator();
    }

    /// <inheritdoc/>
    public string Description => _source.Description;

    /// <inheritdoc/>
    public IEnumerable<string> Names => _map.Keys;

    /// <summary>Whether the names are CLIP-GEN's.</summary>
    public static bool IsSource(IWeightSource source) =>
        source.Shape("quantizer.embedding.weight") is not null && source.Shape("encoder.final.2.weight") is not null;

    /// <inheritdoc/>
    public long[]? Shape(string name)
    {
        if (!_map.TryGetValue(name, out var stored) || _source.Shape(stored.Name) is not { } shape)
        {
            return null;
        }

        long[] part = stored.Part < 0 ? shape : [shape[0] / 3, .. shape[1..]];
        return stored.IsMatrix ? [.. part, 1, 1] : part;
    }

    /// <inheritdoc/>
    public Tensor Read(string name)
    {
        var stored = _map[name];
        if (stored.Part < 0 && !stored.IsMatrix)
        {
            return _source.Read(stored.Name);
        }

        using var scope = new TensorScope();
        var whole = _source.Read(stored.Name);
        var rows = whole.Size(0) / 3;
        // Copied: what it is cut from ends with this scope.
        return scope.Keep((stored.Part < 0 ? whole : whole.Narrow(0, stored.Part * rows, rows)).Reshape(Shape(name)!).Clone());
    }

    private void Flat(string list, int level, int step)
    {
        var block = 0;
        foreach (var number in Numbers(list))
        {
            var theirs = $"{list}.{number}";
            if (Has($"{theirs}.block.0"))
            {
                AddBlock(theirs, $"{list}.{level}.block.{block++}");
            }
            else if (Has($"{theirs}.norm"))
            {
                AddAttention(theirs, $"{list}.{level}.attn.{block - 1}");
            }
            else
            {
                AddPair($"{theirs}.conv", $"{list}.{level}.{(step > 0 ? "downsample" : "upsample")}.conv");
                level += step;
                block = 0;
            }
        }
    }

    private void Middle(string tower)
    {
        AddBlock($"{tower}.mid.0", $"{tower}.mid.block_1");
        AddAttention($"{tower}.mid.1", $"{tower}.mid.attn_1");
        AddBlock($"{tower}.mid.2", $"{tower}.mid.block_2");
    }

    private void Discriminator()
    {
        const string Theirs = "discriminator.features.", Ours = "loss.discriminator.main.";
        foreach (var name in _source.Names.Where(name => name.StartsWith(Theirs, StringComparison.Ordinal)))
        {
            _map[Ours + name[Theirs.Length..]] = new(name);
        }

        var last = Numbers("discriminator.features").LastOrDefault();
        AddPair("discriminator.head", $"{Ours}{last + 2}");
    }

    private void AddBlock(string theirs, string ours)
    {
        foreach (var (their, our) in Block)
        {
            AddPair($"{theirs}.{their}", $"{ours}.{our}");
        }
    }

    private void AddAttention(string theirs, string ours)
    {
        AddPair($"{theirs}.norm", $"{ours}.norm");
        for (var part = 0; part < Projections.Length; part++)
        {
            _map[$"{ours}.{Projections[part]}.weight"] = new($"{theirs}.attn.in_proj_weight", part, IsMatrix: true);
            _map[$"{ours}.{Projections[part]}.bias"] = new($"{theirs}.attn.in_proj_bias", part);
        }

        _map[$"{ours}.proj_out.weight"] = new($"{theirs}.attn.out_proj.weight", IsMatrix: true);
        _map[$"{ours}.proj_out.bias"] = new($"{theirs}.attn.out_proj.bias");
    }

    private void AddPair(string theirs, string ours)
    {
        if (Has(theirs))
        {
            _map[$"{ours}.weight"] = new($"{theirs}.weight");
            _map[$"{ours}.bias"] = new($"{theirs}.bias");
        }
    }

    private bool Has(string theirs) => _source.Shape($"{theirs}.weight") is not null;

    private List<int> Numbers(string list) =>
        [.. _source.Names.Where(name => name.StartsWith(list + ".", StringComparison.Ordinal))
            .Select(name => int.TryParse(name[(list.Length + 1)..].Split('.')[0], out var number) ? number : -1).Where(number => number >= 0).Distinct().Order()];

    /// <param name="Name">Its name there.</param>
    /// <param name="Part">Which third of it along the first dimension; -1 for all.</param>
    /// <param name="IsMatrix">Whether two dimensions of 1 are added behind.</param>
    private sealed record Stored(string Name, int Part = -1, bool IsMatrix = false);
}
