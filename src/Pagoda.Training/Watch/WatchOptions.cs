namespace Pagoda.Training.Watch;

/// <summary>How a run is watched; none of it changes what is trained.</summary>
public sealed record WatchOptions
{
    /// <summary>Steps between looks at the model; 0 for none.</summary>
    public long Every { get; init; }

    /// <summary>A folder of pictures with a subfolder a class, to measure accuracy on; without it they come from the data.</summary>
    public string Data { get; init; } = "";

    /// <summary>A file of class names, one a line; without it they are those of the pictures.</summary>
    public string Classes { get; init; } = "";

    /// <summary>Sentences that class names are put into, joined by `;`; their embeddings are averaged.</summary>
    public string Templates { get; init; } = "{}; a photo of a {}";

    /// <summary>Pictures that accuracy is measured on.</summary>
    public int Pictures { get; init; } = 200;

    /// <summary>Steps of the attack on them; its norm and radius are those of `attack`.</summary>
    public int AttackSteps { get; init; } = 10;

    /// <summary>What to paint: prompts joined by `;`, or a file of them, one a line; empty paints eight of Pagoda's own.</summary>
    public string Prompts { get; init; } = "";

    /// <summary>Painting steps; 0 paints nothing.</summary>
    public int PaintSteps { get; init; } = 40;

    /// <summary>Shares of the trained weights, against the starting ones, to measure at the end, such as `0,0.25,0.5,0.75,1` (WiSE-FT); none when empty.</summary>
    public string Interpolate { get; init; } = "";

    /// <summary>The shares of <see cref="Interpolate"/>; null where they are none.</summary>
    internal IReadOnlyList<double>? Alphas()
    {
        var alphas = Interpolate.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(text => double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var alpha) ? alpha : double.NaN).ToList();
        return alphas.TrueForAll(alpha => alpha is >= 0 and <= 1) ? alphas : null;
    }

    /// <summary>The templates.</summary>
    public IReadOnlyList<string> TemplateList() => Templates.Split(';', StringSplitOptions.TrimEntries);

    /// <summary>The prompts to paint.</summary>
    /// <exception cref="InvalidDataException">The file of prompts has none.</exception>
    public IReadOnlyList<string> PromptList()
    {
        if (Prompts.Length == 0)
        {
            return ["a red apple", "a yellow star", "a smiling face", "a blue car", "a green tree", "a cat", "a house", "a sunflower"];
        }

        var lines = File.Exists(Prompts) ? File.ReadAllLines(Prompts) : Prompts.Split(';');
        string[] prompts = [.. lines.Select(line => line.Trim()).Where(line => line.Length > 0)];
        return prompts.Length > 0 ? prompts : throw new InvalidDataException($"watch.prompts: {Prompts} has no line with a prompt.");
    }
}
