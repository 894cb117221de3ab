using System.Globalization;
using System.Text.Json.Nodes;
using Pagoda.Data;
using Pagoda.Evaluation.Benchmarks;

namespace Pagoda.Evaluation.Pictures;

/// <summary>The finished pictures of a benchmark's folder, each with the prompt that it was painted for.</summary>
public sealed class SetPictures : PictureSource
{
    private readonly PictureSet _set;
    private readonly IReadOnlyList<PictureJob> _jobs;

    /// <summary>Takes what is there of a set.</summary>
    /// <param name="set">The set.</param>
    /// <param name="name">What messages call it: its folder.</param>
    /// <exception cref="InvalidDataException">None of its pictures is there.</exception>
    public SetPictures(PictureSet set, string name)
    {
        (_set, Name, _jobs) = (set, name, set.Finished());
        if (_jobs.Count == 0)
        {
            throw new InvalidDataException($"{name} has pictures.json, but none of its {set.Jobs.Count} pictures is there yet.");
        }
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"{Pictures(_jobs.Count)} of {_set.Jobs.Count:N0} of {_set.Plan.Benchmark} in {Name}");

    /// <inheritdoc/>
    public override int? Count => _jobs.Count;

    /// <inheritdoc/>
    public override int? Expected => _set.Jobs.Count;

    /// <inheritdoc/>
    public override JsonNode? Painting => _set.Plan.Painting;

    /// <inheritdoc/>
    public override string? Stamp => null;

    /// <summary>What painted them, as a table's row is called.</summary>
    public string Subject => _set.Subject;

    /// <inheritdoc/>
    public override IEnumerable<Func<SourcePicture>> Read(Share share) =>
        _jobs.Index().Where(one => share.Has(one.Index)).Select(one => (Func<SourcePicture>)(() => FolderPictures.Load(one.Index, _set.PathOf(one.Item), one.Item.Text)));
}
