using Pagoda.Data.Scenes;
using Pagoda.Models.Gpt;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;
using Pagoda.Training.Records;
using Pagoda.Training.Tokens;

namespace Pagoda.Training.Watch;

/// <summary>Draws tokens from a transformer, one picture a condition.</summary>
/// <param name="model">The transformer.</param>
/// <param name="conditions">Embeddings <c>[N, C]</c>.</param>
/// <param name="seed">Of the draws.</param>
/// <returns><c>[N, T]</c> of int64.</returns>
public delegate Tensor TokenDraw(GptModel model, Tensor conditions, ulong seed);

/// <summary>Looks at a transformer under training: how likely it finds the tokens of fixed pictures, and what it makes of their embeddings.</summary>
internal sealed class TokenWatch : IDisposable
{
    private const int Shown = 16;
    private const int AtOnce = 16;
    private const ulong Seed = 1;
    private readonly GptModel _model;
    private readonly TokenDraw? _draw;
    private readonly VqganModel _vqgan;
    private readonly Tensor _pictures;
    private readonly Tensor _tokens;
    private readonly Tensor _embeddings;

    public TokenWatch(TrainingOptions run, GptModel model, PictureEncoders encoders, TokenDraw? draw, VqganModel vqgan)
    {
        (_model, _draw, _vqgan) = (model, draw, vqgan);
        _pictures = WatchedPixels.Draw(run, run.Gpt.Resolution);
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        (_tokens, _embeddings) = (InParts(encoders.Tokens), InParts(encoders.Embed));
    }

    /// <summary>Measures and draws.</summary>
    /// <returns>Minus the mean of the negative log likelihood of a token, in nats.</returns>
    public double Look(long step, IReadOnlyDictionary<string, Tensor>? average, RunRecords records)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        using var aside = new Aside(_model.Weights, _model.Device);
        aside.Put(average ?? new Dictionary<string, Tensor>());
        var sum = 0.0;
        for (long first = 0; first < _tokens.Size(0); first += AtOnce)
        {
            using var part = new TensorScope();
            var count = Math.Min(AtOnce, _tokens.Size(0) - first);
            var tokens = _tokens.Narrow(0, first, count);
            var logits = _model.Forward(tokens, _embeddings.Narrow(0, first, count));
            sum += logits.To(ScalarType.Float32).Flatten(0, 1).CrossEntropyLoss(tokens.Flatten()).ToDouble() * count;
        }

        var mean = sum / _tokens.Size(0);
        records.Scalars(step, [("watch/likelihood", mean)]);
        if (_draw is not null)
        {
            var shown = Math.Min(Shown, _tokens.Size(0));
            var drawn = _draw(_model, _embeddings.Narrow(0, 0, shown), Seed);
            var grid = (long)Math.Sqrt(drawn.Size(1));
            var made = ((_vqgan.DecodeTokens(drawn.View([shown, grid, grid])) + 1) * 0.5).Clamp(0, 1).To(device: Device.Cpu);
            var size = (int)_pictures.Size(3);
            // Each row of pictures, and below it what came of their embeddings.
            var rows = Enumerable.Range(0, (int)((shown + 7) / 8)).SelectMany(row => new[] { _pictures, made }.Select(all => all.Narrow(0, row * 8, Math.Min(8, shown - (row * 8))))).ToArray();
            records.Picture(step, "samples", ContactSheet.Make(Ops.Cat(rows).Contiguous().ToArray<float>(), size, (int)Math.Min(8, shown), Math.Max(1, 128 / size)));
        }

        return -mean;
    }

    public void Dispose()
    {
        _pictures.Dispose();
        _tokens.Dispose();
        _embeddings.Dispose();
    }

    private Tensor InParts(Func<Tensor, Tensor> of)
    {
        var parts = new List<Tensor>();
        for (long first = 0; first < _pictures.Size(0); first += AtOnce)
        {
            parts.Add(of(_pictures.Narrow(0, first, Math.Min(AtOnce, _pictures.Size(0) - first)).To(device: _model.Device)));
        }

        return TensorScope.Release(Ops.Cat([.. parts]));
    }
}
