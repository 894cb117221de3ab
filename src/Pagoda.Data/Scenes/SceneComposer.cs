namespace Pagoda.Data.Scenes;

/// <summary>
/// Composes pictures and captions from emoji without end: one object, two with a relation, or counted copies, on coloured
/// grounds, some recoloured. Sample <c>index</c> of <c>seed</c> is always the same, on any thread. Thread-safe.
/// </summary>
public sealed class SceneComposer
{
    private const int Attempts = 100_000;
    private readonly Weighted<Subject> _all;
    private readonly Weighted<Subject> _countable;
    private readonly Dictionary<EmojiStyle, Weighted<Subject>> _countableOfStyle;
    private readonly Dictionary<Emoji, ObjectColor> _colors;

    /// <summary>Makes a composer over the emoji that the options choose.</summary>
    /// <exception cref="ArgumentException">An option is out of range, or no emoji is left.</exception>
    public SceneComposer(EmojiLibrary library, SceneOptions? options = null)
    {
        Options = options ?? new SceneOptions();
        Options.Validate();
        var subjects = library.Emoji.AsParallel().AsOrdered()
            .Where(emoji => Options.Shards.Contains(emoji.Shard) && Options.StyleWeights.GetValueOrDefault(emoji.Style) > 0)
            .Select(emoji => new Subject(emoji))
            .Where(subject => !Options.EverydayOnly || subject.Everyday.Count > 0)
            .ToArray();
        if (subjects.Length == 0)
        {
            throw new ArgumentException(
                $"None of the library's {library.Emoji.Count} emoji is in shards {string.Join(", ", Options.Shards)} with a style that StyleWeights allows.");
        }

        HeldOut = new HeldOutCombinations(
            from subject in subjects from color in new[] { subject.NameColor, subject.Color.Name } where color is not null select (color, subject.Key));
        _colors = new Dictionary<Emoji, ObjectColor>(ReferenceEqualityComparer.Instance);
        foreach (var subject in subjects)
        {
            _colors.TryAdd(subject.Emoji, subject.Color);
        }

        _all = new Weighted<Subject>(subjects, Weight);
        var countable = subjects.Where(subject => subject.Countable.Count > 0).ToArray();
        _countable = new Weighted<Subject>(countable, Weight);
        _countableOfStyle = countable.GroupBy(subject => subject.Emoji.Style)
            .ToDictionary(group => group.Key, group => new Weighted<Subject>([.. group], Weight));
    }

    /// <summary>What this composer makes.</summary>
    public SceneOptions Options { get; }

    /// <summary>The combinations kept for testing.</summary>
    public HeldOutCombinations HeldOut { get; }

    /// <summary>How many emoji (of one style each) it draws from.</summary>
    public int SubjectCount => _all.Count;

    /// <summary>Plans sample <paramref name="index"/> of <paramref name="seed"/> without drawing it.</summary>
    /// <exception cref="InvalidOperationException">The library is too small for a scene of the wanted split.</exception>
    public Scene Plan(ulong seed, long index)
    {
        var random = new SampleRandom(seed, index);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (Draw(ref random) is { } scene && (Options.Split == SceneSplit.All || HeldOut.Contains(scene) == (Options.Split == SceneSplit.HeldOut)))
            {
                return scene;
            }
        }

        throw new InvalidOperationException($"The {SubjectCount} emoji of this composer give no scene of the {Options.Split} split; use more of them.");
    }

    /// <summary>Plans and draws a sample.</summary>
    /// <param name="seed">The stream.</param>
    /// <param name="index">The sample in the stream.</param>
    /// <param name="picture">Receives the picture: [3, Size, Size], planar RGB in [0, 1].</param>
    /// <returns>The plan, with the caption.</returns>
    /// <exception cref="ArgumentException">The span is not 3 x Size x Size long.</exception>
    public Scene Compose(ulong seed, long index, Span<float> picture)
    {
        var scene = Plan(seed, index);
        Draw(scene, picture);
        return scene;
    }

    /// <summary>Draws a plan of this composer into a picture [3, Size, Size].</summary>
    /// <exception cref="ArgumentException">The span is not 3 x Size x Size long.</exception>
    public void Draw(Scene scene, Span<float> picture)
    {
        var size = Options.Size;
        if (picture.Length != 3 * size * size)
        {
            throw new ArgumentException($"A scene of {size} pixels needs a span of {3 * size * size} floats, not {picture.Length}.", nameof(picture));
        }

        SpriteRenderer.Fill(picture, size, scene.Background);
        foreach (var thing in scene.Objects)
        {
            Recoloring? recoloring = thing.Recolor is { } color ? new Recoloring(_colors[thing.Emoji], color) : null;
            SpriteRenderer.Draw(picture, size, thing.Emoji.Sprite, thing.X, thing.Y, thing.Side, thing.Mirrored, recoloring);
        }
    }

    private Scene? Draw(ref SampleRandom random)
    {
        var kind = Options.SingleObjectOnly || _countable.Count == 0 ? 1 : random.NextDouble();
        if (kind < Options.PairShare)
        {
            return DrawPair(ref random);
        }

        var copies = kind < Options.PairShare + Options.CopiesShare;
        var subject = copies ? _countable.Draw(ref random) : _all.Draw(ref random);
        var recolor = DrawColor(ref random, subject);
        var background = DrawBackground(ref random, [recolor ?? subject.Color.Name ?? subject.NameColor]);
        if (!copies)
        {
            var place = SceneLayout.Single(ref random, Options.Scale);
            return new Scene([Place(ref random, subject, recolor, place)], Relation.None, background,
                CaptionWriter.Single(ref random, subject, recolor, background));
        }

        var count = 2 + random.Next(3);
        var things = new List<SceneObject>(count);
        var mirrored = Mirrored(ref random, subject);
        foreach (var (x, y, side) in SceneLayout.Copies(ref random, count))
        {
            things.Add(new SceneObject(subject.Emoji, subject.Key, recolor, x * Options.Size, y * Options.Size, side * Options.Size, mirrored));
        }

        return new Scene(things, Relation.None, background, CaptionWriter.Copies(ref random, subject, recolor, count, background));
    }

    private Scene? DrawPair(ref SampleRandom random)
    {
        var first = _countable.Draw(ref random);
        var second = _countableOfStyle[first.Emoji.Style].Draw(ref random);
        if (first.Key == second.Key)
        {
            return null;
        }

        var relation = random.Chance(0.55) ? Relation.LeftOf : Relation.Above;
        var (one, two) = (DrawColor(ref random, first), DrawColor(ref random, second));
        var background = DrawBackground(ref random, [one ?? first.Color.Name, two ?? second.Color.Name]);
        var places = SceneLayout.Pair(ref random, relation);
        return new Scene(
            [Place(ref random, first, one, places[0]), Place(ref random, second, two, places[1])], relation, background,
            CaptionWriter.Pair(ref random, (first, one), (second, two), relation, background));
    }

    private string? DrawColor(ref SampleRandom random, Subject subject)
    {
        if (!subject.Recolorable || !random.Chance(Options.RecolorShare))
        {
            return null;
        }

        var color = random.Pick(ColorNames.Targets).Name;
        // A recolouring to what it is already says nothing, and to a neighbouring hue (red to brown) shows little.
        var (_, hue, _, _) = ColorNames.Targets.First(target => target.Name == color);
        return color == subject.Color.Name || color == subject.NameColor || MathF.Abs(Hsv.Difference(hue, subject.Color.Hue)) < 12 ? null : color;
    }

    private Background DrawBackground(ref SampleRandom random, string?[] taken)
    {
        // A white object on white is hard to see: it stands on white less often.
        var share = Options.WhiteBackgroundShare * (taken.Contains("white") ? 0.4 : 1);
        return random.Chance(share) ? Backgrounds.White : Backgrounds.Draw(ref random, taken, random.Chance(Options.GradientShare));
    }

    private SceneObject Place(ref SampleRandom random, Subject subject, string? recolor, (float X, float Y, float Side) place) =>
        new(subject.Emoji, subject.Key, recolor, place.X * Options.Size, place.Y * Options.Size, place.Side * Options.Size, Mirrored(ref random, subject));

    private bool Mirrored(ref SampleRandom random, Subject subject) => Options.Flip && subject.Mirrorable && random.Chance(0.5);

    private double Weight(Subject subject) =>
        Options.StyleWeights[subject.Emoji.Style] * Options.GroupWeights.GetValueOrDefault(subject.Emoji.Group, 1)
        * (subject.Everyday.Count > 0 ? Options.EverydayWeight : 1);
}
