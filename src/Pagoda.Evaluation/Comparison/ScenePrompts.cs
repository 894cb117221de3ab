using Pagoda.Data.Scenes;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Comparison;

/// <summary>A caption of the composer's, to be painted.</summary>
/// <param name="Caption">The sentence.</param>
/// <param name="IsUnseen">Whether it has a combination that no model was trained on (<see cref="HeldOutCombinations"/>).</param>
/// <param name="Names">The emoji in the scene, each once.</param>
public sealed record ScenePrompt(string Caption, bool IsUnseen, IReadOnlyList<string> Names);

/// <summary>Scenes to compare paintings with: captions, and the pictures that the composer makes of them.</summary>
/// <param name="Prompts">N captions; those at odd places have unseen combinations.</param>
/// <param name="Pictures">The composer's own pictures, <c>[N, 3, size, size]</c> in [0, 1].</param>
public sealed record ScenePrompts(IReadOnlyList<ScenePrompt> Prompts, Tensor Pictures)
{
    /// <summary>The scenes that the embedded models are trained on: mostly single everyday things.</summary>
    public static SceneOptions EmbeddedModels { get; } = new() { PairShare = 0.05, CopiesShare = 0.05, EverydayWeight = 5 };

    /// <summary>Draws scenes, one half of combinations that are trained on, one half of those that are not. The first of a longer list are those of a shorter.</summary>
    /// <param name="library">The emoji.</param>
    /// <param name="options">What scenes; their split is set aside.</param>
    /// <param name="count">How many.</param>
    /// <param name="seed">Which; another than those of the training runs.</param>
    /// <param name="distinct">Whether no caption may come twice.</param>
    public static ScenePrompts Draw(EmojiLibrary library, SceneOptions options, int count, ulong seed, bool distinct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var trained = new SceneComposer(library, options with { Split = SceneSplit.Train });
        var heldOut = new SceneComposer(library, options with { Split = SceneSplit.HeldOut });
        var length = 3 * options.Size * options.Size;
        var (pictures, prompts, taken) = (new float[count * length], new List<ScenePrompt>(count), new HashSet<string>());
        for (long index = 0; prompts.Count < count; index++)
        {
            var unseen = prompts.Count % 2 == 1;
            var composer = unseen ? heldOut : trained;
            var scene = composer.Plan(seed, index);
            if (!taken.Add(scene.Caption) && distinct)
            {
                continue;
            }

            composer.Draw(scene, pictures.AsSpan(prompts.Count * length, length));
            prompts.Add(new ScenePrompt(scene.Caption, unseen, [.. scene.Objects.Select(thing => thing.Emoji.Name).Distinct()]));
        }

        return new ScenePrompts(prompts, Tensor.From(pictures, count, 3, options.Size, options.Size));
    }
}
