using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Diffusion;

/// <summary>x + attention(norm(x)): every place of a map asks all others. The three projections lie head by head in one.</summary>
internal sealed class PlaceAttention
{
    private readonly GroupNorm _norm;
    private readonly Tensor _inWeight;
    private readonly Tensor _inBias;
    private readonly Tensor _outWeight;
    private readonly Tensor _outBias;
    private readonly long _heads;

    public PlaceAttention(Weights weights, DiffusionConfig config, int width)
    {
        _heads = config.HeadChannels > 0 ? width / config.HeadChannels : config.Heads;
        if (_heads < 1 || width % _heads != 0 || (config.HeadChannels > 0 && width % config.HeadChannels != 0))
        {
            throw new InvalidDataException($"{width} channels cannot be divided into attention heads{(config.HeadChannels > 0 ? $" of {config.HeadChannels}" : $": {_heads} were asked for")}.");
        }

        _norm = new GroupNorm(weights["norm"], config.NormGroups, width);
        // Convolutions over a line of places in the checkpoints, hence the last 1.
        _inWeight = weights["qkv"].Parameter("weight", [3 * width, width, 1], Initializer.FanIn);
        _inBias = weights["qkv"].Parameter("bias", [3 * width], Initializer.Zeros);
        _outWeight = weights["proj_out"].Parameter("weight", [width, width, 1], Initializer.Zeros);
        _outBias = weights["proj_out"].Parameter("bias", [width], Initializer.Zeros);
    }

    public Tensor Forward(Tensor x)
    {
        using var scope = new TensorScope();
        long n = x.Size(0), width = x.Size(1), places = x.Size(2) * x.Size(3);
        var rows = _norm.Forward(x).Flatten(2).Transpose(1, 2); // [N, L, C]
        var parts = rows.Linear(_inWeight.Squeeze(2), _inBias).View([n, places, _heads, 3, width / _heads]).Permute([3, 0, 2, 1, 4]).Unbind(0); // [N, heads, L, D] each
        var mixed = MultiHeadAttention.Attend(parts[0], parts[1], parts[2]).Transpose(1, 2).Reshape([n, places, width]);
        return scope.Keep(x + mixed.Linear(_outWeight.Squeeze(2), _outBias).Transpose(1, 2).Reshape(x.Shape));
    }
}
