using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Prompts;
using Pagoda.Generation.Recipes;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands.Generate;

/// <summary>The options of <c>generate</c>, and what they ask for.</summary>
internal sealed class GenerateOptions
{
    public Argument<string?> Prompt { get; } = new("prompt")
    {
        Description = "What to paint; parts with weights as in \"a cat:1 | oil painting:0.4\", pictures as in \"image:style.png:0.5\".",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public Option<string?> Image { get; } = new("--image") { Description = "A picture to paint variations of, with the prompt or in its place." };

    public DrawingOptions Drawing { get; } = new();

    public Option<string> Model { get; } = new("--model") { Description = "A name in models/, of the catalogue, or a path.", DefaultValueFactory = _ => "emoji" };

    public ModelOptions Loading { get; } = new();

    public Option<string?> Device { get; } = new("--device") { Description = "cpu, cuda or cuda:N; the best at hand by default." };

    public Option<string?> Recipe { get; } = new("--recipe") { Description = $"How to paint: {string.Join(", ", Pagoda.Generation.Recipes.Recipe.All.Select(recipe => recipe.Name))}; the model's own by default." };

    public Option<string[]> Set { get; } = new("--set") { Description = "Change a number of the recipe, as in --set learningRate=0.5 --set views=8.", AllowMultipleArgumentsPerToken = false };

    public Option<int?> Size { get; } = new("--size") { Description = "Side of the picture in pixels; the model's own by default." };

    public Option<int?> Steps { get; } = new("--steps") { Description = "Gradient steps; the recipe's by default." };

    public Option<int?> Count { get; } = new("--count") { Description = "Pictures to paint, with seeds that follow one another; 1 by default, 4 with --method clip-gen." };

    public Option<ulong?> Seed { get; } = new("--seed") { Description = "The randomness; the same seed gives the same picture. Drawn and printed by default." };

    public Option<string?> Negative { get; } = new("--negative") { Description = "What to stay away from." };

    public Option<string?> Init { get; } = new("--init") { Description = "A picture to start from." };

    public Option<double> Strength { get; } = new("--strength") { Description = "How much of the steps to take over --init, or over what is refined: above 0, to 1.", DefaultValueFactory = _ => 1 };

    public Option<string?> Mask { get; } = new("--mask") { Description = "Where to paint over --init: white is painted, black stays." };

    public Option<int?> SaveEvery { get; } = new("--save-every") { Description = "Write the unfinished picture too, after every so many steps." };

    public Option<string?> Animate { get; } = new("--animate") { Description = "Write an animated WebP of the picture's appearing; with --method draw a name in .svg gives the drawing stroke by stroke." };

    public Option<bool> Preview { get; } = new("--preview") { Description = "Show the picture in the terminal while it is painted." };

    public Option<bool> PreviewAnywhere { get; } = new("--preview-anywhere") { Description = "As --preview, even where no terminal is recognised." };

    public Option<string?> Out { get; } = new("--out", "-o") { Description = "The PNG file; from prompt and seed by default." };

    public Option<bool> Force { get; } = new("--force") { Description = "Replace files that exist." };

    public Option<int> Scale { get; } = new("--scale") { Description = "Enlarge the written picture so many times.", DefaultValueFactory = _ => 1 };

    public Option<Resampling> ScaleFilter { get; } = new("--scale-filter") { Description = "How to enlarge it.", DefaultValueFactory = _ => Resampling.Lanczos };

    public Option<bool> Grid { get; } = new("--grid") { Description = "With --count, write all pictures side by side too." };

    public Option<bool> List { get; } = new("--list") { Description = "Show the ways to make a picture, and do nothing." };

    public Option<bool> Json { get; } = new("--json") { Description = "Print JSON." };

    public IEnumerable<Option> All =>
    [
        Out, Force, Seed, Count, Size, Steps, Model, .. Loading.All, Device, Recipe, Set, Negative, Image, Init, Strength, Mask, .. Drawing.All,
        SaveEvery, Animate, Preview, PreviewAnywhere, Scale, ScaleFilter, Grid, List, Json,
    ];

    /// <summary>The device asked for.</summary>
    /// <exception cref="UsageException">There is no such device.</exception>
    public Device DeviceOf(ParseResult parsed) => DeviceNamed(parsed.GetValue(Device));

    /// <summary>A device by its name; the best at hand for none.</summary>
    /// <exception cref="UsageException">There is no such device.</exception>
    public static Device DeviceNamed(string? name)
    {
        if (name is null)
        {
            return LibTorch.DefaultDevice;
        }

        try
        {
            var device = Torch.Device.Parse(name);
            return device.Type == DeviceType.Cpu || Math.Max(0, device.Index) < LibTorch.CudaDeviceCount
                ? device
                : throw new UsageException($"There is no device {name}: {(LibTorch.HasCuda ? $"{LibTorch.CudaDeviceCount} CUDA devices can be used" : "this libtorch is built without CUDA")}; use cpu.");
        }
        catch (FormatException problem)
        {
            throw new UsageException(problem.Message);
        }
    }

    /// <summary>The request, complete.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="painter">The model.</param>
    /// <param name="others">Takes what has to live as long as the request.</param>
    /// <exception cref="UsageException">Something is out of range or does not go together.</exception>
    /// <exception cref="PictureException">A picture cannot be read.</exception>
    public GenerationRequest Request(ParseResult parsed, Painter painter, Stack<IDisposable> others)
    {
        if (parsed.GetValue(SaveEvery) is < 1 || parsed.GetValue(Scale) is < 1 or > 64)
        {
            throw new UsageException("--save-every takes 1 or more, --scale 1 to 64.");
        }

        try
        {
            var options = Drawing.Fill(
                parsed,
                new PaintOptions
                {
                    NegativePrompt = parsed.GetValue(Negative),
                    Seed = parsed.GetValue(Seed),
                    Size = parsed.GetValue(Size),
                    Count = parsed.GetValue(Count) ?? (Drawing.MethodOf(parsed) == PaintMethod.ClipGen ? 4 : 1),
                    Recipe = parsed.GetValue(Recipe) is { } name ? Pagoda.Generation.Recipes.Recipe.Named(name) : null,
                    Steps = parsed.GetValue(Steps),
                    Init = parsed.GetValue(Init) is { } init ? PictureFile.Load(init) : null,
                    Strength = parsed.GetValue(Strength),
                    Mask = parsed.GetValue(Mask) is { } mask ? PictureFile.Load(mask) : null,
                },
                painter,
                others);
            if (parsed.GetValue(Set) is { Length: > 0 } settings)
            {
                options = options with { Recipe = RecipeJson.Change(options.Recipe ?? painter.RecipeOf(options), Changes(settings)) };
            }

            return painter.Complete(new GenerationRequest(PromptOf(parsed).ToString(), options));
        }
        catch (GenerationException problem)
        {
            throw new UsageException(problem.Message);
        }
    }

    private Pagoda.Generation.Prompts.Prompt PromptOf(ParseResult parsed)
    {
        var (text, image) = (parsed.GetValue(Prompt), parsed.GetValue(Image));
        var picture = image is null ? [] : new[] { new PromptTerm(image, IsPicture: true) };
        return text is null && image is null ? throw new UsageException("say what to paint, as in generate \"a red apple\", or show it with --image")
            : new Pagoda.Generation.Prompts.Prompt([.. text is null ? [] : Pagoda.Generation.Prompts.Prompt.Parse(text).Terms, .. picture]);
    }

    /// <summary>The new values in <c>NAME=VALUE</c>, as <see cref="RecipeJson.Change"/> takes them.</summary>
    /// <exception cref="UsageException">One is of another form.</exception>
    internal static JsonObject Changes(IEnumerable<string> settings)
    {
        var changes = new JsonObject();
        foreach (var setting in settings)
        {
            var parts = setting.Split('=', 2);
            changes[parts[0].Trim()] = parts.Length == 2
                ? Value(parts[1].Trim())
                : throw new UsageException($"--set takes NAME=VALUE, not {setting}.");
        }

        return changes;
    }

    // Numbers and truth values are JSON already; all else is text.
    private static JsonNode? Value(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }
}
