using Pagoda.Data;
using Pagoda.Data.Scenes;
using Pagoda.Models.Captioner;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;
using Pagoda.Training.Records;

namespace Pagoda.Training.Watch;

/// <summary>Looks at a captioner under training: how likely it finds the captions of fixed pictures, how often it finds another picture's likelier, and what it says itself.</summary>
internal sealed class CaptionWatch : IDisposable
{
    private const int AtOnce = 32;
    private const int Shown = 16;
    private readonly CaptionerModel _model;
    private readonly ClipTokenizer _tokenizer;
    private readonly Tensor _pictures;
    private readonly string[] _captions;

    /// <exception cref="DataException">The data is not there.</exception>
    public CaptionWatch(TrainingOptions run, CaptionerModel model, ClipTokenizer tokenizer)
    {
        (_model, _tokenizer) = (model, tokenizer);
        (_pictures, _captions) = WatchedPixels.DrawCaptioned(run, model.Config.Resolution);
    }

    /// <summary>Measures and writes captions.</summary>
    /// <returns>The mean log-likelihood of a token.</returns>
    public double Look(long step, IReadOnlyDictionary<string, Tensor>? average, RunRecords records)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        using var aside = new Aside(_model.Weights, _model.Device);
        aside.Put(average ?? new Dictionary<string, Tensor>());
        // The caption of the picture before is as good a caption, of something else.
        string[] others = [_captions[^1], .. _captions[..^1]];
        var (own, other) = (Likelihoods(_captions), Likelihoods(others));
        var tokens = own.Sum(one => one.Tokens);
        var perToken = own.Sum(one => one.Sum) / tokens;
        var told = own.Zip(other).Count(pair => pair.First.Sum / pair.First.Tokens > pair.Second.Sum / pair.Second.Tokens) / (double)own.Count;
        records.Scalars(step, [("watch/perplexity", Math.Exp(-perToken)), ("watch/own_caption_likelier", told)]);
        Show(step, records);
        return perToken;
    }

    public void Dispose() => _pictures.Dispose();

    private List<(double Sum, int Tokens)> Likelihoods(string[] captions)
    {
        var found = new List<(double, int)>();
        for (var first = 0; first < captions.Length; first += AtOnce)
        {
            using var part = new TensorScope();
            var count = Math.Min(AtOnce, captions.Length - first);
            var rows = CaptionRows.Of(_tokenizer, captions[first..(first + count)], _model.Config.ContextLength, cut: true);
            var sums = _model.LogLikelihoods(_pictures.Narrow(0, first, count).To(device: _model.Device), rows).Sum([1]).ToArray<float>();
            found.AddRange(sums.Zip(rows.Lengths, (sum, length) => ((double)sum, length)));
        }

        return found;
    }

    private void Show(long step, RunRecords records)
    {
        var shown = _pictures.Narrow(0, 0, Math.Min(Shown, _pictures.Size(0)));
        var said = _model.Caption(shown.To(device: _model.Device), _tokenizer.StartToken, _tokenizer.EndToken);
        var side = _model.Config.Resolution;
        records.Picture(step, "captioned", ContactSheet.Make(shown.Contiguous().ToArray<float>(), side, 8, Math.Max(1, 128 / side)));
        records.Text(step, "captions", string.Join('\n', said.Select((words, i) => $"{i + 1}. {_tokenizer.Decode(words).Trim()}  (true: {_captions[i]})")));
    }
}
