using Pagoda.Models.Gpt;
using Pagoda.Torch;

namespace Pagoda.Generation.ClipGen;

/// <summary>
/// Draws sequences of picture tokens from a transformer, all of a batch at once, one token after another:
/// <code>
/// using var sampler = new TokenSampler(gpt, condition, new SamplingOptions { Seed = 7 });
/// foreach (var position in sampler.Run(cancel)) { Show(sampler.Rows); }
/// </code>
/// </summary>
public sealed class TokenSampler : ITokenDrawing
{
    private readonly SamplingOptions _options;
    private readonly GuidedDecoder _decoder;
    private readonly Tensor _condition;
    private readonly Device _device;
    private readonly bool _ownKernels;
    private readonly long[][] _rows;
    private readonly double[] _logLikelihoods;

    /// <summary>Prepares to draw; nothing is computed yet.</summary>
    /// <param name="model">The transformer, which must live longer.</param>
    /// <param name="conditions">One for each sequence, <c>[N, C]</c>.</param>
    /// <param name="options">How tokens are chosen.</param>
    /// <param name="tokens">Tokens of a sequence; the model's block where null.</param>
    /// <exception cref="GenerationException">An option is out of range, or the model cannot do it.</exception>
    /// <exception cref="ArgumentException">The conditions do not fit the model.</exception>
    public TokenSampler(GptModel model, Tensor conditions, SamplingOptions? options = null, int? tokens = null)
        : this(model, conditions, options ?? new SamplingOptions(), tokens, ownKernels: null)
    {
    }

    internal TokenSampler(GptModel model, Tensor conditions, SamplingOptions options, int? tokens, bool? ownKernels, PackedDecoder? packed = null)
    {
        options.Check();
        TokensToDraw = tokens ?? model.Config.BlockSize;
        if (TokensToDraw < 1 || TokensToDraw > model.Config.BlockSize)
        {
            throw new GenerationException($"{TokensToDraw} tokens cannot be drawn: this transformer has {model.Config.BlockSize} positions.");
        }

        CheckGuidance(model.Config, options.Guidance);
        _options = options;
        _device = model.Device;
        _ownKernels = ownKernels ?? true;
        _rows = [.. Enumerable.Range(0, (int)conditions.Size(0)).Select(_ => new long[TokensToDraw])];
        _logLikelihoods = new double[_rows.Length];
        _decoder = new GuidedDecoder(model, _rows.Length, options.Guidance, ownKernels, packed);
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        _condition = TensorScope.Release(conditions.Detach().To(device: _device).Clone());
    }

    /// <summary>Tokens that each sequence will have.</summary>
    public int TokensToDraw { get; }

    /// <summary>Tokens that each sequence has so far.</summary>
    public int Length { get; private set; }

    /// <summary>The sequences, row by row; only their first <see cref="Length"/> tokens are drawn yet, the others are 0.</summary>
    public IReadOnlyList<IReadOnlyList<long>> Rows => _rows;

    /// <summary>For each sequence the logarithm of its probability under the (guided) model, before temperature and filters.</summary>
    public IReadOnlyList<double> LogLikelihoods => _logLikelihoods;

    /// <summary>The sequences so far, <c>[N, <see cref="Length"/>]</c> of int64 on the processor.</summary>
    public Tensor Tokens => Tensor.From([.. _rows.SelectMany(row => row.Take(Length))], _rows.Length, Length);

    /// <summary>Refuses guidance by a model that never saw a picture without its condition.</summary>
    /// <exception cref="GenerationException">It is such a model.</exception>
    public static void CheckGuidance(GptConfig config, double guidance)
    {
        if (guidance != 1 && config.ConditionDropout == 0)
        {
            throw new GenerationException("Guidance needs a transformer trained with dropped conditions (condition_dropout above 0); this one was not: leave guidance at 1.");
        }
    }

    /// <summary>Draws the next token of every sequence.</summary>
    /// <exception cref="InvalidOperationException">All are drawn.</exception>
    public void Step()
    {
        if (Length == TokensToDraw)
        {
            throw new InvalidOperationException("All tokens are drawn.");
        }

        using var scope = new TensorScope();
        using var inference = GradMode.Disable();
        var logits = Length == 0
            ? _decoder.Begin(_condition)
            : _decoder.Next(Tensor.From([.. _rows.Select(row => row[Length - 1])]).To(device: _device));
        var (tokens, likelihoods) = Choose(logits);
        for (var i = 0; i < tokens.Length; i++)
        {
            _rows[i][Length] = tokens[i];
            _logLikelihoods[i] += likelihoods[i];
        }

        Length++;
    }

    /// <summary>Draws what is left, token by token.</summary>
    /// <param name="cancellationToken">Ends it after the current token; what is drawn stays.</param>
    /// <returns>After each token the <see cref="Length"/> that is reached.</returns>
    public IEnumerable<int> Run(CancellationToken cancellationToken = default)
    {
        while (Length < TokensToDraw && !cancellationToken.IsCancellationRequested)
        {
            Step();
            yield return Length;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _decoder.Dispose();
        _condition.Dispose();
    }

    private (long[] Tokens, float[] LogLikelihoods) Choose(Tensor logits)
    {
        double[] uniforms = [.. _rows.Select((_, i) => TokenRandom.Uniform(_options.Seed, _options.First + i, Length))];
        return _ownKernels && TokenChoice.Takes(logits)
            ? TokenChoice.Choose(logits, _options.Temperature, _options.TopK, _options.TopP, uniforms)
            : ChooseByOperators(logits, _options, uniforms);
    }

    /// <summary>As <see cref="TokenChoice.Choose"/>, on every device.</summary>
    internal static (long[] Tokens, float[] LogLikelihoods) ChooseByOperators(Tensor logits, SamplingOptions options, double[] uniforms)
    {
        using var scope = new TensorScope();
        var chosen = Draw().ToArray<long>();
        return (chosen, logits.LogSoftmax(-1).Gather(1, Tensor.From(chosen, chosen.Length, 1).To(device: logits.Device)).Squeeze(1).ToArray<float>());

        Tensor Draw()
        {
            if (options.Temperature == 0 || options.TopK == 1)
            {
                return logits.Argmax(-1);
            }

            var filtered = TokenFilter.Apply(logits / options.Temperature, options.TopK, options.TopP);
            // The first token at which the summed probability exceeds a uniform share of the total: never one of probability 0.
            var sums = filtered.Softmax(-1).To(ScalarType.Float64).Cumsum(-1);
            var shares = Tensor.From(uniforms, uniforms.Length, 1).To(device: logits.Device);
            return sums.Le(shares * sums.Narrow(1, sums.Size(1) - 1, 1)).Sum([-1]);
        }
    }
}
