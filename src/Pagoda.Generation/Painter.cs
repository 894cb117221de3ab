using Pagoda.Generation.Pixels;
using Pagoda.Generation.Provenance;
using Pagoda.Generation.Recipes;
using Pagoda.Generation.Start;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Generation;

/// <summary>
/// A model that paints.
/// <code>
/// using var painter = Painter.Load("emoji");
/// File.WriteAllBytes("apple.png", PictureFile.EncodePng(painter.Paint("a red apple").Picture));
/// </code>
/// </summary>
public sealed class Painter : IDisposable
{
    private readonly string _source;

    private Painter(LoadedClip clip, string source)
    {
        Clip = clip;
        _source = source;
        var folder = Path.GetDirectoryName(Path.GetFullPath(clip.Path))!;
        var bank = Path.Combine(folder, InitBank.FileName);
        Generator = new PixelGenerator(clip.Model, clip.Tokenizer, RecipeJson.OfModel(folder) ?? Recipe.Clipag, File.Exists(bank) ? InitBank.Load(bank) : null);
    }

    /// <summary>The model.</summary>
    public LoadedClip Clip { get; }

    /// <summary>What paints.</summary>
    public PixelGenerator Generator { get; }

    /// <summary>Loads a model with the recipe that its <c>config.json</c> names and the start bank beside it.</summary>
    /// <param name="nameOrPath">As <see cref="ClipLoader.Load"/> takes it.</param>
    /// <param name="device">The best one at hand where null.</param>
    /// <param name="options">What the files do not say.</param>
    /// <exception cref="GenerationException">The recipe in the configuration is none.</exception>
    /// <inheritdoc cref="ClipLoader.Load" path="/exception"/>
    public static Painter Load(string nameOrPath = "emoji", Device? device = null, ClipLoadOptions? options = null)
    {
        var clip = ClipLoader.Load(nameOrPath, device ?? LibTorch.DefaultDevice, options);
        try
        {
            return new Painter(clip, nameOrPath);
        }
        catch
        {
            clip.Dispose();
            throw;
        }
    }

    /// <summary>Paints, frame by frame (<see cref="IGenerator.GenerateAsync"/>).</summary>
    /// <exception cref="GenerationException">It cannot be painted as asked.</exception>
    public IAsyncEnumerable<Frame> PaintAsync(string prompt, PaintOptions? options = null, CancellationToken cancellationToken = default) =>
        Generator.GenerateAsync(new GenerationRequest(prompt, options), cancellationToken);

    /// <summary>Paints one picture and gives its last frame.</summary>
    /// <param name="prompt">What to paint.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends the painting within a step; what there is then is given back.</param>
    /// <exception cref="GenerationException">It cannot be painted as asked, or more than one picture was asked for.</exception>
    public Frame Paint(string prompt, PaintOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = (options ?? new PaintOptions()) with { FrameEvery = int.MaxValue };
        return options.Count == 1
            ? PaintAsync(prompt, options, cancellationToken).ToBlockingEnumerable(CancellationToken.None).Single()
            : throw new GenerationException($"Paint gives one picture; use PaintAsync for {options.Count}.");
    }

    /// <summary>The record of a painting, to be kept with it.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="frame">The last frame.</param>
    /// <param name="version">Pagoda's version.</param>
    /// <param name="init">The file of <see cref="PaintOptions.Init"/>, if one was given.</param>
    /// <param name="mask">The file of <see cref="PaintOptions.Mask"/>, if one was given.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public PaintingRecord Record(GenerationRequest request, Frame frame, string version, string? init = null, string? mask = null) => new()
    {
        Version = version,
        Model = Clip.Name,
        ModelHash = Clip.Hash,
        ModelSource = _source,
        Device = Clip.Model.Device.ToString(),
        LibTorch = LibTorch.Version,
        Threads = LibTorch.Threads,
        Prompt = request.Prompt,
        NegativePrompt = string.IsNullOrWhiteSpace(request.NegativePrompt) ? null : request.NegativePrompt,
        Seed = frame.Seed,
        Size = frame.Picture.Width,
        Recipe = request.Resolve(Generator.DefaultRecipe),
        Init = init is null ? null : FileRecord.Of(init),
        Strength = request.Strength,
        Mask = mask is null ? null : FileRecord.Of(mask),
        PromptPictures = PaintingRecord.Pictures(request.Prompt, request.NegativePrompt),
        StoppedAfter = frame.IsInterrupted ? frame.Step : null,
        Energy = frame.Energy,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        Generator.Bank?.Dispose();
        Clip.Dispose();
    }
}
