namespace Pagoda.Torch;

/// <summary>Whether autograd records, on this thread.</summary>
public readonly struct GradMode : IDisposable
{
    private readonly bool _before;

    private GradMode(bool enabled)
    {
        _before = IsEnabled;
        Native.SetGradMode(enabled ? 1 : 0);
    }

    /// <summary>True while operations are recorded.</summary>
    public static bool IsEnabled => Native.GradMode() != 0;

    /// <summary>Stops recording until disposed.</summary>
    public static GradMode Disable() => new(false);

    /// <summary>Records until disposed.</summary>
    public static GradMode Enable() => new(true);

    /// <summary>Restores what was before.</summary>
    public void Dispose() => Native.SetGradMode(_before ? 1 : 0);
}

/// <summary>A region whose tensors never take part in autograd: cheaper still than <see cref="GradMode.Disable"/>.</summary>
public sealed class InferenceMode : IDisposable
{
    private nint _guard = Native.EnterInferenceMode();

    /// <summary>Ends the region.</summary>
    public void Dispose()
    {
        if (_guard != 0)
        {
            Native.LeaveInferenceMode(_guard);
            _guard = 0;
        }
    }
}

/// <summary>
/// A region in which matrix products and convolutions run in a narrower type. Casts of weights are kept until the
/// outermost region ends.
/// </summary>
public readonly struct Autocast : IDisposable
{
    private readonly DeviceType _device;
    private readonly int _before;

    /// <summary>Begins a region on this thread.</summary>
    /// <param name="device">The device whose operators it concerns.</param>
    /// <param name="type">The type to compute in.</param>
    /// <param name="enabled">False begins a region without autocast inside one with it.</param>
    public Autocast(Device device, ScalarType type = ScalarType.BFloat16, bool enabled = true)
    {
        _device = device.Type;
        Native.AutocastNesting(1);
        _before = Native.Checked(Native.SetAutocast((int)_device, enabled ? 1 : 0, (int)type));
    }

    /// <summary>Ends the region.</summary>
    public void Dispose()
    {
        Native.Checked(Native.SetAutocast((int)_device, _before & 1, _before >> 1));
        Native.AutocastNesting(-1);
    }
}
