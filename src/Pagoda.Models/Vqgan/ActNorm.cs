using Pagoda.Torch;

namespace Pagoda.Models.Vqgan;

/// <summary>
/// scale · (x + loc) for each channel, set up so that the first batch in training comes out with mean 0 and deviation 1
/// (arXiv 1807.03039, section 3.1; CompVis/taming-transformers: taming/modules/util.py, ActNorm).
/// </summary>
internal sealed class ActNorm
{
    private readonly Tensor _loc;
    private readonly Tensor _scale;
    private readonly Tensor _initialized;
    private bool _isSet;

    public ActNorm(Weights weights, long channels)
    {
        _loc = weights.Parameter("loc", [1, channels, 1, 1], Initializer.Zeros);
        _scale = weights.Parameter("scale", [1, channels, 1, 1], Initializer.Ones);
        _initialized = weights.Buffer("initialized", [], Initializer.Zeros);
    }

    public Tensor Forward(Tensor x, bool training)
    {
        if (training && !_isSet)
        {
            SetUp(x);
        }

        return _scale * (x + _loc);
    }

    private void SetUp(Tensor x)
    {
        _isSet = true;
        if (_initialized.ToDouble() != 0)
        {
            return;
        }

        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        _loc.Copy_(-x.Mean([0, 2, 3], keepdim: true));
        _scale.Copy_((x.Std([0, 2, 3], true, keepdim: true) + 1e-6).Reciprocal());
        _initialized.Fill_(1);
    }
}
