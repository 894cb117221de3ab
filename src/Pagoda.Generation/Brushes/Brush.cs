using Pagoda.Torch;

namespace Pagoda.Generation.Brushes;

/// <summary>What makes a picture: parameters of whatever kind, which follow the gradient of a loss that critics have of the picture.</summary>
public abstract class Brush : IDisposable
{
    private Tensor? _drawn;

    /// <summary>Side of the picture in pixels.</summary>
    public abstract int Size { get; }

    /// <summary>The picture as it is now, <c>[1, 3, size, size]</c> in [0, 1], without a history of gradients, in the current scope.</summary>
    public Tensor Draw()
    {
        using var frozen = GradMode.Disable();
        if (_drawn is null)
        {
            using var scope = new TensorScope();
            _drawn = TensorScope.Release(Render());
        }

        return _drawn.Clone();
    }

    /// <summary>Changes the parameters.</summary>
    /// <param name="gradient">The gradient of the loss with respect to the picture as <see cref="Draw"/> gives it now; may be changed.</param>
    /// <param name="rate">The share of the step size to go.</param>
    public void Step(Tensor gradient, double rate)
    {
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        // What was drawn may be what the gradient goes back through.
        if (_drawn is null)
        {
            Draw();
        }

        Move(gradient, rate);
        _drawn!.Dispose();
        _drawn = null;
    }

    /// <summary>Remembers the picture as it is now, in place of what was remembered before.</summary>
    public abstract void Keep();

    /// <summary>The picture that is remembered, <c>[1, 3, size, size]</c> in [0, 1], in the current scope; as it is now where nothing is.</summary>
    public abstract Tensor DrawKept();

    /// <summary>The picture that is remembered as a vector drawing (SVG), where the brush makes such.</summary>
    /// <param name="title">What it shows.</param>
    public virtual string? WriteSvg(string title) => null;

    /// <summary>Puts the remembered picture into its last form, after the last step.</summary>
    public virtual void Finish()
    {
    }

    /// <summary>A brush that goes on from the remembered picture at another size.</summary>
    /// <exception cref="NotSupportedException">This kind has one size.</exception>
    public virtual Brush Enlarge(int size) => throw new NotSupportedException($"{GetType().Name} has one size.");

    /// <inheritdoc/>
    public void Dispose()
    {
        _drawn?.Dispose();
        _drawn = null;
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes the picture, <c>[1, 3, size, size]</c> in [0, 1], in the current scope; called once between steps.</summary>
    protected abstract Tensor Render();

    /// <summary>Changes the parameters by a gradient of the picture that <see cref="Render"/> made last.</summary>
    protected abstract void Move(Tensor gradient, double rate);

    /// <summary>Gives its tensors back.</summary>
    protected abstract void Dispose(bool disposing);
}
