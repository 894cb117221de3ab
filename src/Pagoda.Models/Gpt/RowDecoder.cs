using Pagoda.Torch;

namespace Pagoda.Models.Gpt;

/// <summary>
/// One position of each sequence through the transformer by Pagoda's own kernels: for a few sequences those of
/// <see cref="SmallBatch"/>, for more a <see cref="PackedDecoder"/> if it takes the model.
/// </summary>
internal sealed class RowDecoder : IDisposable
{
    // A copy of larger weights is memory that somebody may not have, and packing it takes long.
    private const long MostNumbersToPack = 64 << 20;

    private readonly GptConfig _config;
    private readonly Layer[] _layers;
    private readonly Norm _norm;
    private readonly Matrix _head;
    private readonly List<Tensor> _copies = [];
    private readonly PackedDecoder? _shared;
    private readonly Lazy<PackedDecoder?> _packed;

    /// <param name="model">The transformer.</param>
    /// <param name="shared">Its weights, packed, where somebody has them.</param>
    public RowDecoder(GptModel model, PackedDecoder? shared)
    {
        _config = model.Config;
        _shared = shared;
        _packed = new Lazy<PackedDecoder?>(() => Pack(model), isThreadSafe: false);
        var weights = model.Weights.Parameters;
        _layers = [.. Enumerable.Range(0, _config.Layers).Select(i => new Layer(this, weights, $"blocks.{i}.encoder."))];
        _norm = new Norm(this, weights, "norm");
        _head = new Matrix(weights["head.weight"], _config.HeadBias ? Single(weights["head.bias"]) : null);
    }

    public static bool Takes(GptModel model) => model.Weights.Parameters.Values.All(SmallBatch.Takes);

    /// <summary>The model's weights packed for many sequences; null where that cannot be done, or would take too much memory.</summary>
    public static PackedDecoder? Pack(GptModel model)
    {
        var weights = model.Weights.Parameters;
        if (weights.Values.Sum(weight => weight.Elements) > MostNumbersToPack)
        {
            return null;
        }

        return PackedDecoder.Pack(
            [.. Enumerable.Range(0, model.Config.Layers).Select(i => Block($"blocks.{i}.encoder."))],
            weights["norm.weight"], weights["norm.bias"], weights["head.weight"], model.Config.HeadBias ? weights["head.bias"] : null, model.Config.Heads);

        BlockWeights Block(string prefix)
        {
            Tensor Of(string name) => weights[prefix + name];
            return new BlockWeights(
                Of("norm1.weight"), Of("norm1.bias"), Of("self_attn.in_proj_weight"), Of("self_attn.in_proj_bias"), Of("self_attn.out_proj.weight"), Of("self_attn.out_proj.bias"),
                Of("norm2.weight"), Of("norm2.bias"), Of("linear1.weight"), Of("linear1.bias"), Of("linear2.weight"), Of("linear2.bias"));
        }
    }

    /// <summary>A position <c>[N, width]</c> through the transformer; the cache grows by it.</summary>
    /// <returns>The logits of what comes after, <c>[N, vocabulary]</c>; null where nobody asks.</returns>
    public Tensor? Advance(GptCache cache, Tensor position, bool wantsLogits)
    {
        using var scope = new TensorScope();
        var x = position.To(ScalarType.Float32, copy: true).Contiguous();
        var logits = wantsLogits ? Ops.Empty([x.Size(0), _config.VocabularySize], ScalarType.Float32) : null;
        if (x.Size(0) > SmallBatch.MaximumRows && (_shared ?? _packed.Value) is { } packed)
        {
            packed.Advance(x, cache.AllKeys, cache.AllValues, cache.Length, logits);
        }
        else
        {
            Blocks(cache, x);
            if (logits is not null)
            {
                _head.Apply(_norm.Apply(x), logits);
            }
        }

        cache.Advance(1);
        return logits is null ? null : scope.Keep(logits);
    }

    public void Dispose()
    {
        _copies.ForEach(copy => copy.Dispose());
        if (_packed.IsValueCreated)
        {
            _packed.Value?.Dispose();
        }
    }

    private void Blocks(GptCache cache, Tensor x)
    {
        long rows = x.Size(0), width = _config.Width;
        var qkv = Ops.Empty([rows, 3 * width], ScalarType.Float32);
        var mixed = Ops.Empty([rows, width], ScalarType.Float32);
        var hidden = Ops.Empty([rows, 4 * width], ScalarType.Float32);
        for (var i = 0; i < _layers.Length; i++)
        {
            using var inner = new TensorScope();
            var layer = _layers[i];
            layer.In.Apply(layer.Norm1.Apply(x), qkv);
            SmallBatch.Attend(qkv, cache.Keys(i), cache.Values(i), cache.Length, mixed);
            layer.Out.Apply(mixed, x, AfterLinear.Add);
            layer.First.Apply(layer.Norm2.Apply(x), hidden, AfterLinear.Gelu);
            layer.Second.Apply(hidden, x, AfterLinear.Add);
        }
    }

    /// <summary>Vectors are small: a copy in float32 where they are not.</summary>
    private Tensor Single(Tensor vector)
    {
        if (vector.Type == ScalarType.Float32)
        {
            return vector;
        }

        using var unowned = TensorScope.Unowned();
        using var frozen = GradMode.Disable();
        var copy = vector.To(ScalarType.Float32);
        _copies.Add(copy);
        return copy;
    }

    private readonly struct Matrix(Tensor weight, Tensor? bias)
    {
        public void Apply(Tensor x, Tensor y, AfterLinear after = AfterLinear.Store)
        {
            // Many rows in float32 are a matrix product, which libtorch does best. In bfloat16 it has none on most processors.
            if (weight.Type != ScalarType.Float32 || x.Size(0) <= SmallBatch.MaximumRows)
            {
                SmallBatch.Linear(weight, bias, x, y, after);
                return;
            }

            var product = x.Linear(weight, bias);
            _ = after switch
            {
                AfterLinear.Add => y.Add_(product),
                AfterLinear.Gelu => y.Copy_(product.Gelu()),
                _ => y.Copy_(product),
            };
        }
    }

    private readonly struct Norm(RowDecoder owner, IReadOnlyDictionary<string, Tensor> weights, string name)
    {
        private readonly Tensor _weight = owner.Single(weights[name + ".weight"]);
        private readonly Tensor _bias = owner.Single(weights[name + ".bias"]);

        public Tensor Apply(Tensor x) => x.LayerNorm([x.Size(1)], _weight, _bias);
    }

    private sealed class Layer(RowDecoder owner, IReadOnlyDictionary<string, Tensor> weights, string prefix)
    {
        public Norm Norm1 { get; } = new(owner, weights, prefix + "norm1");

        public Norm Norm2 { get; } = new(owner, weights, prefix + "norm2");

        public Matrix In { get; } = new(weights[prefix + "self_attn.in_proj_weight"], owner.Single(weights[prefix + "self_attn.in_proj_bias"]));

        public Matrix Out { get; } = new(weights[prefix + "self_attn.out_proj.weight"], owner.Single(weights[prefix + "self_attn.out_proj.bias"]));

        public Matrix First { get; } = new(weights[prefix + "linear1.weight"], owner.Single(weights[prefix + "linear1.bias"]));

        public Matrix Second { get; } = new(weights[prefix + "linear2.weight"], owner.Single(weights[prefix + "linear2.bias"]));
    }
}
