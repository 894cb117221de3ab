using Pagoda.Torch.Distributed;
using Pagoda.Training.Objectives;
using Pagoda.Training.Watch;

namespace Pagoda.Training;

/// <summary>What a run is given by its caller: the ranks it belongs to, and what floors above training can do.</summary>
public sealed record TrainingTools
{
    /// <summary>The ranks that train together; null for one process.</summary>
    public ProcessGroup? Group { get; init; }

    /// <summary>Draws the watch's pictures; null where there is nobody who can.</summary>
    public IWatchPainter? Painter { get; init; }

    /// <summary>Opens a bank of start pictures, for <c>energy.start: bank</c>.</summary>
    public Func<string, BankSampler> Bank { get; init; } = path => throw new InvalidDataException($"energy.bank: nobody here can open {path}.");

    /// <summary>Draws tokens for the watch of a transformer; null where there is nobody who can.</summary>
    public TokenDraw? Sampler { get; init; }

    /// <summary>Told of each sample of the data that is left out, from any thread.</summary>
    public Action<string>? Log { get; init; }
}
