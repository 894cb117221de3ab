using Pagoda.Evaluation.Captioning;
using Pagoda.Evaluation.Features;
using Pagoda.Models.Lpips;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Sets;

/// <summary>The networks that measure sets of pictures, on each device.</summary>
public sealed class SetJudges : IDisposable
{
    /// <summary>The devices, at least one.</summary>
    public required IReadOnlyList<Device> Devices { get; init; }

    /// <summary>For each device the feature networks, the same on each.</summary>
    public required IReadOnlyList<IReadOnlyList<IFeatureNetwork>> Features { get; init; }

    /// <summary>For each device the CLIPs, the same on each.</summary>
    public IReadOnlyList<IReadOnlyList<ClipFeatures>> Clips { get; init; } = [];

    /// <summary>The captioning model, for CapS.</summary>
    public ICaptioner? Captioner { get; init; }

    /// <summary>The perceptual distance, on the first device, with its name and the SHA-256 of its file.</summary>
    public (LpipsDistance Distance, string Name, string Weights)? Lpips { get; init; }

    /// <summary>All networks that see each picture: for each device first those of features, then the CLIPs.</summary>
    public IReadOnlyList<IReadOnlyList<IFeatureNetwork>> Networks => [.. Devices.Select((_, i) => (IReadOnlyList<IFeatureNetwork>)[.. Features[i], .. Clips.Count > i ? Clips[i] : []])];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var network in Networks.SelectMany(one => one))
        {
            network.Dispose();
        }

        (Captioner as IDisposable)?.Dispose();
        foreach (var tensor in Lpips?.Distance.Weights.StateDict.Values ?? [])
        {
            tensor.Dispose();
        }
    }
}
