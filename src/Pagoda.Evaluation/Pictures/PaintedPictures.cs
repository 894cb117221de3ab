using System.Globalization;
using System.Text.Json.Nodes;
using Pagoda.Data;
using Pagoda.Evaluation.Benchmarks;
using Pagoda.Formats.Images;

namespace Pagoda.Evaluation.Pictures;

/// <summary>Pictures that a model paints as they are measured; nothing of them is kept.</summary>
/// <param name="plan">What is painted: prompts, seeds and how.</param>
/// <param name="paint">Paints one, on the thread that measures.</param>
public sealed class PaintedPictures(PictureSetPlan plan, Func<PictureJob, Picture> paint) : PictureSource
{
    private readonly IReadOnlyList<PictureJob> _jobs = plan.Jobs();

    /// <inheritdoc/>
    public override string Name => string.Join(' ', new[] { plan.Painting["model"], plan.Painting["method"] }.OfType<JsonValue>().Select(value => value.GetValue<string>()));

    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"{Pictures(_jobs.Count)} painted by {Name} while they are measured; none is kept");

    /// <inheritdoc/>
    public override int? Count => _jobs.Count;

    /// <inheritdoc/>
    public override JsonNode? Painting => plan.Painting;

    /// <inheritdoc/>
    public override string? Stamp => null;

    /// <inheritdoc/>
    public override bool IsStored => false;

    /// <inheritdoc/>
    public override IEnumerable<Func<SourcePicture>> Read(Share share) =>
        _jobs.Where(job => share.Has(job.Number)).Select(job => (Func<SourcePicture>)(() => SourcePicture.Painted(job.Number, job.File, paint(job), job.Text)));
}
