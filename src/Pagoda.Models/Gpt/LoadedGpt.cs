namespace Pagoda.Models.Gpt;

/// <summary>A transformer ready for use, and where it came from.</summary>
public sealed class LoadedGpt : LoadedModel
{
    internal LoadedGpt(GptModel model, string name, string path, IDisposable source)
        : base(name, path, source) => Model = model;

    /// <summary>The model, its parameters frozen.</summary>
    public GptModel Model { get; }

    private protected override void Free() => Model.Free();
}
