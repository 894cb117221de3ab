using Pagoda.Evaluation.Frechet;
using Pagoda.Formats.Images;
using Pagoda.Models.Inception;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Features;

/// <summary>The 2048 averages of Inception-v3 that FID, KID and the Inception Score are measured with, by one of two ways to bring pictures to 299 x 299.</summary>
public sealed class InceptionFeatures : IFeatureNetwork
{
    private readonly InceptionNetwork _network;
    private readonly Func<string> _hash;
    private readonly IDisposable? _owned;
    private readonly Device _device;
    private readonly bool _clean;

    /// <summary>Looks through weights from a file.</summary>
    /// <param name="inception">The network; becomes this object's.</param>
    /// <param name="device">Where it lives.</param>
    /// <param name="clean">clean-fid's resizing in place of pytorch-fid's.</param>
    public InceptionFeatures(LoadedInception inception, Device device, bool clean)
        : this(inception.Network, inception.Name, () => inception.Hash, device, clean) => _owned = inception;

    /// <summary>Looks through a network.</summary>
    /// <param name="network">The network; stays the caller's.</param>
    /// <param name="name">What protocols call it.</param>
    /// <param name="hash">SHA-256 of its weights.</param>
    /// <param name="device">Where it lives.</param>
    /// <param name="clean">clean-fid's resizing in place of pytorch-fid's.</param>
    public InceptionFeatures(InceptionNetwork network, string name, Func<string> hash, Device device, bool clean) =>
        (_network, Name, _hash, _device, _clean) = (network, name, hash, device, clean);

    /// <summary>The resizers by the names of their programs.</summary>
    public const string PytorchFid = "pytorch-fid", CleanFid = "clean-fid";

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Weights => _hash();

    /// <inheritdoc/>
    public string Resizer => _clean ? CleanFid : PytorchFid;

    /// <inheritdoc/>
    public bool HasClasses => _network.HasClassifier;

    /// <inheritdoc/>
    public Tensor Features(IReadOnlyList<Picture> pictures, double blur)
    {
        using var scope = new TensorScope();
        var input = _clean
            ? InceptionInput.CleanFid([.. pictures.Select(picture => PictureTensors.Blurred(picture, blur))]).To(device: _device)
            : Ops.Cat([.. PictureTensors.Runs(pictures).Select(run => InceptionInput.PytorchFid(GaussianBlur.Apply(PictureTensors.Of(run, _device), blur)))]);
        return scope.Keep(_network.Features(input));
    }

    /// <inheritdoc/>
    public Tensor Classes(Tensor features) => _network.Logits(features);

    /// <inheritdoc/>
    public void Dispose() => _owned?.Dispose();
}
