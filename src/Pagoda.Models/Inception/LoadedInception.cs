using Pagoda.Torch;

namespace Pagoda.Models.Inception;

/// <summary>An Inception-v3 ready for use, and where it came from.</summary>
public sealed class LoadedInception : LoadedModel
{
    internal LoadedInception(InceptionNetwork network, string name, string path, IDisposable source)
        : base(name, path, source) => Network = network;

    /// <summary>The network, its parameters frozen.</summary>
    public InceptionNetwork Network { get; }

    private protected override void Free()
    {
        Network.Dispose();
        Free(Network.Weights);
    }
}
