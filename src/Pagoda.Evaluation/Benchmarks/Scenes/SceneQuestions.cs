using Pagoda.Data.Scenes;

namespace Pagoda.Evaluation.Benchmarks.Scenes;

/// <summary>What is asked of a picture.</summary>
public enum SceneTask
{
    /// <summary>Two things, each in its own colour: "a red apple and a blue car".</summary>
    Color,

    /// <summary>So many of a thing: "three green cars".</summary>
    Count,

    /// <summary>One thing beside or above another: "a cat to the left of a car".</summary>
    Relation,
}

/// <summary>A prompt whose truth is known, and a real scene of it.</summary>
/// <param name="Task">What is asked.</param>
/// <param name="IsUnseen">Whether it needs a combination that no model was trained on (<see cref="HeldOutCombinations"/>).</param>
/// <param name="Prompt">The sentence.</param>
/// <param name="Truth">The scene that the composer made.</param>
/// <param name="Picture">Its picture, <c>[3, 64, 64]</c> in [0, 1].</param>
public sealed record SceneQuestion(SceneTask Task, bool IsUnseen, string Prompt, Scene Truth, float[] Picture);

/// <summary>
/// The emoji of a benchmark: few enough that a small judge can know them all, each an everyday thing that can be counted and recoloured.
/// Asks questions of them, and composes the scenes that the judge learns from.
/// </summary>
public sealed class SceneQuestions
{
    private const int AttemptsEach = 2000;
    private static readonly string[] s_numbers = ["", "one", "two", "three", "four"];
    private readonly EmojiLibrary _library;

    /// <summary>Chooses the things.</summary>
    /// <param name="library">All emoji.</param>
    /// <param name="things">How many kinds of thing at most, spread evenly over the library.</param>
    /// <exception cref="InvalidDataException">There are fewer than two.</exception>
    public SceneQuestions(EmojiLibrary library, int things)
    {
        var options = new SceneOptions();
        var subjects = library.Emoji.Where(emoji => options.Shards.Contains(emoji.Shard)).AsParallel().AsOrdered().Select(emoji => new Subject(emoji)).ToList();
        string[] keys = [.. subjects.Where(one => one.Recolorable && one.Countable.Count > 0 && one.Countable[0] == one.Key && !one.Key.Contains(' ')).Select(one => one.Key).Distinct()];
        Things = [.. keys.Where((_, i) => i * things / keys.Length != (i - 1) * things / keys.Length || i == 0 || keys.Length <= things)];
        if (Things.Count < 2)
        {
            throw new InvalidDataException($"The library has {Things.Count} everyday things that can be counted and recoloured; take one with more.");
        }

        var chosen = Things.ToHashSet();
        _library = new EmojiLibrary([.. subjects.Where(one => chosen.Contains(one.Key)).Select(one => one.Emoji)]);
    }

    /// <summary>The things, as prompts name them.</summary>
    public IReadOnlyList<string> Things { get; }

    /// <summary>The colours that things are given.</summary>
    public static IReadOnlyList<string> Colors { get; } = [.. ColorNames.Targets.Select(target => target.Name)];

    /// <summary>Asks different questions; the first of a longer list are those of a shorter.</summary>
    /// <param name="task">What to ask.</param>
    /// <param name="unseen">Whether of combinations that are never trained on.</param>
    /// <param name="count">How many.</param>
    /// <param name="seed">Which; another than the judge's training.</param>
    /// <param name="distinct">Whether every question is another; scenes of one question differ all the same.</param>
    /// <exception cref="InvalidDataException">The things do not give so many.</exception>
    public IReadOnlyList<SceneQuestion> Ask(SceneTask task, bool unseen, int count, ulong seed, bool distinct = true)
    {
        var (pairs, copies, recolored) = task switch { SceneTask.Color => (1, 0, 1), SceneTask.Count => (0, 1, 1), _ => (1.0, 0.0, 0.0) };
        var composer = Composer(pairs, copies, recolored, unseen ? SceneSplit.HeldOut : SceneSplit.Train);
        var (questions, asked) = (new List<SceneQuestion>(count), new HashSet<string>());
        for (long index = 0; questions.Count < count; index++)
        {
            if (index == AttemptsEach * (long)count)
            {
                throw new InvalidDataException($"{Things.Count} things give only {questions.Count} {(unseen ? "unseen" : "seen")} questions of {task.ToString().ToLowerInvariant()}, not {count}; ask for fewer, or take more things.");
            }

            var scene = composer.Plan(seed, index);
            if (PromptOf(task, scene) is { } prompt && Fits(task, unseen, scene, composer.HeldOut) && (asked.Add(prompt) || !distinct))
            {
                var picture = new float[3 * SceneReader.ImageSize * SceneReader.ImageSize];
                composer.Draw(scene, picture);
                questions.Add(new SceneQuestion(task, unseen, prompt, scene, picture));
            }
        }

        return questions;
    }

    /// <summary>Composers of all that can be asked, seen and unseen alike, so that the judge has no prejudice against either.</summary>
    internal IReadOnlyList<SceneComposer> ForTraining() => [Composer(0.55, 0.3, 0.6, SceneSplit.Train), Composer(0.55, 0.3, 0.6, SceneSplit.HeldOut)];

    private SceneComposer Composer(double pairs, double copies, double recolored, SceneSplit split) =>
        new(_library, new SceneOptions { Size = SceneReader.ImageSize, PairShare = pairs, CopiesShare = copies, RecolorShare = recolored, Split = split });

    private static string? PromptOf(SceneTask task, Scene scene)
    {
        var (one, two) = (scene.Objects[0], scene.Objects[^1]);
        return task switch
        {
            SceneTask.Color => one.Recolor is null || two.Recolor is null || one.Recolor == two.Recolor ? null : $"{A(one)} and {A(two)}",
            SceneTask.Count => one.Recolor is null ? null : $"{s_numbers[scene.Objects.Count]} {Phrases.Plural($"{one.Recolor} {one.Key}")}",
            _ => $"{A(one)} {(scene.Relation == Relation.LeftOf ? "to the left of" : "above")} {A(two)}",
        };

        static string A(SceneObject thing) => Phrases.WithArticle(thing.Recolor is { } color ? $"{color} {thing.Key}" : thing.Key);
    }

    // What makes a scene unseen has to be what is asked: a held-out relation says nothing of colours.
    private static bool Fits(SceneTask task, bool unseen, Scene scene, HeldOutCombinations heldOut) =>
        !unseen || task == SceneTask.Relation || scene.Objects.Any(thing => heldOut.Contains(thing.Recolor!, thing.Key));
}
