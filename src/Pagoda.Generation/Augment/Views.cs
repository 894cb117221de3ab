using Pagoda.Generation.Recipes;
using Pagoda.Torch;

namespace Pagoda.Generation.Augment;

/// <summary>The random draws of one step: all that <see cref="Views.Apply"/> does not compute.</summary>
public sealed record ViewDraws
{
    /// <summary>Standard normal <c>[views, 3, S, S]</c> at the model's size.</summary>
    public required Tensor Noise { get; init; }

    /// <summary>Zooms and shifts of the views; null for none.</summary>
    public ZoomAndShiftDraws? ZoomAndShift { get; init; }

    /// <summary>Augmentation of the views; null when the policy is empty.</summary>
    public DiffAugmentDraws? Augment { get; init; }

    /// <summary>Places of the patches; empty for none.</summary>
    public IReadOnlyList<Crop> Patches { get; init; } = [];

    /// <summary>Standard normal <c>[patches or 1, 3, size, size]</c> at the picture's size; null without patches.</summary>
    public Tensor? PatchNoise { get; init; }

    /// <summary>Augmentation of the patches; null when there are none or the policy is empty.</summary>
    public DiffAugmentDraws? PatchAugment { get; init; }
}

/// <summary>What the model is shown of a picture in one step: views of all of it, then patches, in one batch.</summary>
/// <param name="recipe">Its numbers.</param>
/// <param name="modelSize">S, the side of the model's input.</param>
public sealed class Views(Recipe recipe, int modelSize)
{
    private readonly DiffAugment _augment = new(recipe.Augment);

    /// <summary>Patches a step for a square picture of that side.</summary>
    public int PatchCount(int size) => size > modelSize ? recipe.PatchesWhenLarger : recipe.Patches;

    /// <summary>Draws one step's randomness for a square picture of that side.</summary>
    public ViewDraws Draw(int size, Generator generator, Device device)
    {
        var patches = PatchCount(size);
        var noise = RandomDraws.Normal([recipe.Views, 3, modelSize, modelSize], generator, device);
        var moved = recipe.ZoomLeast == 1 && recipe.ZoomMost == 1 && recipe.Shift == 0
            ? null
            : ZoomAndShift.Draw(recipe.Views, recipe.ZoomLeast, recipe.ZoomMost, recipe.Shift, generator);
        var augment = _augment.IsEmpty ? null : _augment.Draw(recipe.Views, modelSize, generator);
        var draws = new ViewDraws { Noise = noise, ZoomAndShift = moved, Augment = augment };
        if (patches == 0)
        {
            return draws;
        }

        var patchNoise = RandomDraws.Normal([recipe.SharedPatchNoise ? 1 : patches, 3, size, size], generator, device);
        var crops = RandomCropResize.Draw(patches, size, recipe.PatchLeast, recipe.PatchMost, generator);
        var patchAugment = _augment.IsEmpty ? null : _augment.Draw(patches, modelSize, generator);
        return draws with { Patches = crops, PatchNoise = patchNoise, PatchAugment = patchAugment };
    }

    /// <summary>The views and patches of a picture <c>[1, 3, size, size]</c>.</summary>
    /// <returns><c>[views + patches, 3, S, S]</c>, views first.</returns>
    public Tensor Apply(Tensor picture, ViewDraws draws)
    {
        var views = SeparableSampling.Resize(picture, modelSize);
        if (draws.ZoomAndShift is { } moved)
        {
            views = ZoomAndShift.Apply(views, moved);
        }

        views += draws.Noise * recipe.Noise;
        if (draws.Augment is { } augment)
        {
            views = _augment.Apply(views, augment);
        }

        if (draws.Patches.Count == 0)
        {
            return views;
        }

        var patches = RandomCropResize.Apply(picture + (draws.PatchNoise! * recipe.Noise), draws.Patches, modelSize).Clamp(0, 1);
        if (draws.PatchAugment is { } patchAugment)
        {
            patches = _augment.Apply(patches, patchAugment);
        }

        return Ops.Cat([views, patches]);
    }
}
