using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Diffusion;

/// <summary>
/// The network of openai/guided-diffusion: says which noise is in a noisy picture of a given time, and how much of it a step should leave. The names
/// are those of its checkpoints.
/// </summary>
public sealed class DiffusionUNet
{
    private readonly Linear _timeIn;
    private readonly Linear _timeOut;
    private readonly List<Level> _down = [];
    private readonly Level _middle;
    private readonly List<Level> _up = [];
    private readonly GroupNorm _normOut;
    private readonly Conv2d _convOut;

    /// <summary>Builds the network over a tree of weights.</summary>
    /// <exception cref="InvalidDataException">The tree lacks a weight, or has another shape; or there is no network of that shape.</exception>
    public DiffusionUNet(Weights weights, DiffusionConfig config)
    {
        Config = config.Checked();
        Weights = weights;
        _timeIn = new Linear(weights["time_embed"][0], config.Channels, 4 * config.Channels);
        _timeOut = new Linear(weights["time_embed"][2], 4 * config.Channels, 4 * config.Channels);
        var (width, factor, blocks) = (config.Width(0), 1, weights["input_blocks"]);
        _down.Add(new Level(blocks[0]).With(new Conv2d(blocks[0][0], 3, width, kernel: 3, padding: 1)));
        var kept = new Stack<int>([width]);
        for (var level = 0; level < config.Multipliers.Count; level++)
        {
            for (var block = 0; block < config.Blocks; block++)
            {
                _down.Add(new Level(blocks[_down.Count]).With(config, width, config.Width(level)).WithAttention(config, config.Width(level), factor));
                kept.Push(width = config.Width(level));
            }

            if (level < config.Multipliers.Count - 1)
            {
                _down.Add(new Level(blocks[_down.Count]).WithResampling(config, width, Resampling.Halve));
                kept.Push(width);
                factor *= 2;
            }
        }

        _middle = new Level(weights["middle_block"]).With(config, width, width).WithAttention(config, width).With(config, width, width);
        for (var level = config.Multipliers.Count - 1; level >= 0; level--)
        {
            for (var block = 0; block <= config.Blocks; block++)
            {
                var part = new Level(weights["output_blocks"][_up.Count]).With(config, width + kept.Pop(), config.Width(level)).WithAttention(config, config.Width(level), factor);
                width = config.Width(level);
                if (level > 0 && block == config.Blocks)
                {
                    part.WithResampling(config, width, Resampling.Double);
                    factor /= 2;
                }

                _up.Add(part);
            }
        }

        _normOut = new GroupNorm(weights["out"][0], config.NormGroups, width);
        _convOut = new Conv2d(weights["out"][2], width, config.LearnedVariance ? 6 : 3, kernel: 3, padding: 1, initializer: Initializer.Zeros);
    }

    /// <summary>Its shape.</summary>
    public DiffusionConfig Config { get; }

    /// <summary>Its weights.</summary>
    public Weights Weights { get; }

    /// <summary>Where they are.</summary>
    public Device Device => Weights.Parameters.First().Value.Device;

    /// <summary>What is in noisy pictures.</summary>
    /// <param name="noisy"><c>[N, 3, H, W]</c>, pictures in [-1, 1] with noise; H and W multiples of 2 to the number of levels less 1.</param>
    /// <param name="times"><c>[N]</c>: the steps of noise, from 0.</param>
    /// <returns><c>[N, 3, H, W]</c>: the noise, of deviation 1; and <c>[N, 3, H, W]</c>: where in [-1, 1] the logarithm of the step's variance lies between its bounds, or null where that is not predicted.</returns>
    public (Tensor Noise, Tensor? Variance) Forward(Tensor noisy, Tensor times)
    {
        using var scope = new TensorScope();
        var time = _timeOut.Forward(_timeIn.Forward(Waves(times, Config.Channels)).Silu()).Silu();
        var maps = new Stack<Tensor>();
        var x = noisy;
        foreach (var level in _down)
        {
            maps.Push(x = level.Forward(x, time));
        }

        x = _middle.Forward(x, time);
        foreach (var level in _up)
        {
            x = level.Forward(Ops.Cat([x, maps.Pop()], 1), time);
        }

        var said = _convOut.Forward(_normOut.ForwardSilu(x));
        return Config.LearnedVariance ? (scope.Keep(said.Narrow(1, 0, 3)), scope.Keep(said.Narrow(1, 3, 3))) : (scope.Keep(said), null);
    }

    /// <summary>Cosines, then sines, of times at frequencies from 1 down to 1/10000.</summary>
    private static Tensor Waves(Tensor times, int width)
    {
        var frequencies = (Ops.Arange(width / 2, dtype: ScalarType.Float32, device: times.Device) * (-Math.Log(10000) / (width / 2))).Exp();
        var angles = times.To(ScalarType.Float32).Unsqueeze(1) * frequencies;
        return Ops.Cat([angles.Cos(), angles.Sin()], 1);
    }

    /// <summary>Blocks one after the other.</summary>
    private sealed class Level(Weights weights)
    {
        private readonly List<Func<Tensor, Tensor, Tensor>> _parts = [];

        public Level With(Conv2d conv)
        {
            _parts.Add((x, _) => conv.Forward(x));
            return this;
        }

        public Level With(DiffusionConfig config, int inputs, int outputs)
        {
            _parts.Add(new TimeBlock(weights[_parts.Count], config, inputs, outputs).Forward);
            return this;
        }

        public Level WithAttention(DiffusionConfig config, int width, int? factor = null)
        {
            if (factor is null || config.AttentionFactors.Contains(factor.Value))
            {
                var attention = new PlaceAttention(weights[_parts.Count], config, width);
                _parts.Add((x, _) => attention.Forward(x));
            }

            return this;
        }

        public Level WithResampling(DiffusionConfig config, int width, Resampling resampling)
        {
            if (config.ResidualResampling)
            {
                _parts.Add(new TimeBlock(weights[_parts.Count], config, width, width, resampling).Forward);
                return this;
            }

            var own = weights[_parts.Count];
            if (resampling == Resampling.Halve)
            {
                return With(new Conv2d(own["op"], width, width, kernel: 3, stride: 2, padding: 1));
            }

            var conv = new Conv2d(own["conv"], width, width, kernel: 3, padding: 1);
            _parts.Add((x, _) => conv.Forward(UNetMaps.Doubled(x)));
            return this;
        }

        public Tensor Forward(Tensor x, Tensor time)
        {
            foreach (var part in _parts)
            {
                x = part(x, time);
            }

            return x;
        }
    }
}
