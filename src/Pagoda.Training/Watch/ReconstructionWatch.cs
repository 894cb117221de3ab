using Pagoda.Data;
using Pagoda.Data.Scenes;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;
using Pagoda.Training.Records;

namespace Pagoda.Training.Watch;

/// <summary>Looks at a VQGAN under training: fixed pictures, their reconstructions, and how near these are.</summary>
internal sealed class ReconstructionWatch : IDisposable
{
    private const int Shown = 16;
    private const int AtOnce = 16;
    private readonly VqganModel _model;
    private readonly Tensor _pictures;

    /// <exception cref="DataException">The data is not there.</exception>
    public ReconstructionWatch(TrainingOptions run, VqganModel model)
    {
        _model = model;
        _pictures = WatchedPixels.Draw(run, model.Config.Resolution);
    }

    /// <summary>Measures and draws.</summary>
    /// <returns>The mean PSNR in decibels.</returns>
    public double Look(long step, IReadOnlyDictionary<string, Tensor>? average, RunRecords records)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        using var aside = new Aside(_model.Weights, _model.Device);
        aside.Put(average?.Where(pair => _model.Weights.StateDict.ContainsKey(pair.Key)).ToDictionary() ?? []);
        var usage = new CodebookUsage(_model.Config.CodebookSize);
        var made = new List<Tensor>();
        for (long first = 0; first < _pictures.Size(0); first += AtOnce)
        {
            using var part = new TensorScope();
            var tokens = _model.EncodeTokens((_pictures.Narrow(0, first, Math.Min(AtOnce, _pictures.Size(0) - first)).To(device: _model.Device) * 2) - 1);
            usage.Add(tokens.To(device: Device.Cpu).ToArray<long>());
            made.Add(part.Keep(((_model.DecodeTokens(tokens) + 1) * 0.5).Clamp(0, 1).To(device: Device.Cpu)));
        }

        var reconstructions = Ops.Cat([.. made]);
        var psnr = ((reconstructions - _pictures).Square().Mean([1, 2, 3]).Clamp(min: 1e-10).Log() * (-10 / Math.Log(10))).Mean().ToDouble();
        records.Scalars(step, [("watch/psnr", psnr), ("watch/codes_used", (double)usage.Used / _model.Config.CodebookSize), ("watch/perplexity", usage.Perplexity)]);
        records.Picture(step, "reconstructions", Sheet(reconstructions));
        return psnr;
    }

    public void Dispose() => _pictures.Dispose();

    /// <summary>Rows of pictures, each above its reconstructions.</summary>
    private Formats.Images.Picture Sheet(Tensor reconstructions)
    {
        const int Columns = 8;
        var size = (int)_pictures.Size(3);
        var rows = new List<Tensor>();
        for (long first = 0; first < Math.Min(Shown, _pictures.Size(0)); first += Columns)
        {
            var count = Math.Min(Columns, _pictures.Size(0) - first);
            rows.Add(Row(_pictures, first, count, Columns));
            rows.Add(Row(reconstructions, first, count, Columns));
        }

        return ContactSheet.Make(Ops.Cat([.. rows]).Contiguous().ToArray<float>(), size, Columns, Math.Max(1, 128 / size));
    }

    private static Tensor Row(Tensor pictures, long first, long count, int columns)
    {
        var row = pictures.Narrow(0, first, count);
        return count == columns ? row : Ops.Cat([row, Ops.Ones([columns - count, .. pictures.Shape[1..].ToArray()])]);
    }
}
