using System.CommandLine;
using Pagoda.Generation;
using Pagoda.Generation.ClipGen;
using Pagoda.Generation.Diffusion;
using Pagoda.Generation.Latents;
using Pagoda.Generation.Recipes;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands.Generate;

/// <summary>The options of <c>generate</c> that choose between painting and CLIP-GEN, and those that are CLIP-GEN's alone.</summary>
internal sealed class DrawingOptions
{
    private const string ClipJem = "clip-jem";
    private readonly Option<string?> _method = new("--method", "--brush") { Description = $"{NamedMethod.Names}, as --list shows them; what is best with the model by default." };
    private readonly Option<string?> _refine = new("--refine") { Description = $"Paint over CLIP-GEN's picture: {ClipJem} in the model's own way, or a recipe's name." };
    private readonly Option<string?> _refiner = new("--refine-model") { Description = "The CLIP whose gradient refines; --model by default." };
    private readonly Option<int?> _candidates = new("--candidates") { Description = "CLIP-GEN: pictures drawn for each, of which the best match is given." };
    private readonly Option<string?> _critic = new("--critic") { Description = "The CLIPs that guide, or judge CLIP-GEN's candidates, as NAME[:WEIGHT],…; --model by default." };
    private readonly Option<double?> _temperature = new("--temperature") { Description = "CLIP-GEN: below 1 likely tokens become likelier; 0 always takes the likeliest." };
    private readonly Option<int?> _topK = new("--top-k") { Description = "CLIP-GEN: draw among so many of the likeliest tokens; 0 for all." };
    private readonly Option<double?> _topP = new("--top-p") { Description = "CLIP-GEN: draw among the likeliest tokens that have this probability together." };
    private readonly Option<double?> _guidance = new("--guidance") { Description = "CLIP-GEN: classifier-free guidance; 1 is none, more follows the prompt more closely." };
    private readonly Option<int?> _beams = new("--beams") { Description = "CLIP-GEN: search the so many likeliest pictures instead of drawing." };
    private readonly Option<double?> _modality = new("--modality") { Description = "CLIP-GEN: how far words' embeddings are moved towards pictures'; 0 for not, 1 for all the way." };
    private readonly Option<string?> _gpt = new("--gpt") { Description = "CLIP-GEN's transformer, if it is not beside the model: a name, a folder or a file." };
    private readonly Option<string?> _vqgan = new("--vqgan") { Description = "The VQGAN, if it is not beside the transformer or the model." };

    private readonly Option<bool> _draft = new("--draft") { Description = "Start from CLIP-GEN's picture of the prompt, with any other method." };
    private readonly Option<int?> _tile = new("--tile") { Description = "With --method vqgan: side in pixels of the parts that a large picture is worked on in; 0 for all at once." };
    private readonly Option<double?> _strength = new("--guidance-strength") { Description = "With --method diffusion: how strongly critics steer, 0.4 by default; 0 not at all." };
    private readonly Option<double?> _eta = new("--eta") { Description = "With --method diffusion: noise of each step, from 0 (DDIM) to 1 (DDPM, the default)." };
    private readonly Option<bool> _through = new("--through") { Description = "With --method diffusion: let the gradient go back through the network." };
    private readonly Option<string?> _network = new("--diffusion") { Description = "The denoising network, if it is not beside the model." };
    private readonly StrokeSettings _strokes = new();

    public IEnumerable<Option> All =>
        [_method, _draft, _refine, _refiner, _candidates, _critic, _temperature, _topK, _topP, _guidance, _beams, _modality, _gpt, _vqgan, _tile, _network, _strength, _eta, _through, .. _strokes.All];

    /// <summary>Where networks are that are not beside the model.</summary>
    public (string? Gpt, string? Vqgan, string? Diffusion) Sources(ParseResult parsed) => (parsed.GetValue(_gpt), parsed.GetValue(_vqgan), parsed.GetValue(_network));

    /// <summary>The method that was named, or null.</summary>
    /// <exception cref="UsageException">There is none of that name.</exception>
    public PaintMethod? MethodOf(ParseResult parsed) => parsed.GetValue(_method) is { } name ? Method.Named(name) : null;

    /// <summary>Puts into a request what was asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="options">The request so far; its recipe is null where none was named.</param>
    /// <param name="painter">The model.</param>
    /// <param name="others">Takes what has to live as long as the request.</param>
    /// <exception cref="UsageException">A value is out of range.</exception>
    public PaintOptions Fill(ParseResult parsed, PaintOptions options, Painter painter, Stack<IDisposable> others)
    {
        var own = painter.Defaults.ClipGen;
        var device = painter.Clip.Model.Device;
        var drawing = own with
        {
            Candidates = parsed.GetValue(_candidates) ?? own.Candidates,
            Beams = parsed.GetValue(_beams) ?? own.Beams,
            Modality = parsed.GetValue(_modality) ?? own.Modality,
            Sampling = own.Sampling with
            {
                Temperature = parsed.GetValue(_temperature) ?? own.Sampling.Temperature,
                TopK = parsed.GetValue(_topK) ?? own.Sampling.TopK,
                TopP = parsed.GetValue(_topP) ?? own.Sampling.TopP,
                Guidance = parsed.GetValue(_guidance) ?? own.Sampling.Guidance,
            },
        };
        drawing.Check();
        if (parsed.GetValue(_refiner) is not null && parsed.GetValue(_refine) is null)
        {
            throw new UsageException($"--refine-model says what refines; say how with --refine {ClipJem}.");
        }

        var refiner = parsed.GetValue(_refiner) is { } model ? Loaded(Painter.Load(model, device)) : null;
        return options with
        {
            Method = MethodOf(parsed),
            Critics = parsed.GetValue(_critic) is { } critics ? Loaded(new LoadedCritics(LoadedCritics.Parse(critics), device)).All : null,
            Strokes = _strokes.Of(parsed, painter.StrokesOf(options)),
            Draft = parsed.GetValue(_draft),
            Latents = parsed.GetValue(_tile) is { } tile ? new LatentOptions { Tile = tile } : null,
            Diffusion = DiffusionOf(parsed),
            ClipGen = drawing == own ? null : drawing,
            Refine = parsed.GetValue(_refine) is null ? null : true,
            Refiner = refiner,
            Recipe = parsed.GetValue(_refine) is { } recipe ? RecipeNamed(recipe, refiner ?? painter) : options.Recipe,
        };

        T Loaded<T>(T loaded)
            where T : IDisposable
        {
            others.Push(loaded);
            return loaded;
        }
    }

    private DiffusionOptions? DiffusionOf(ParseResult parsed)
    {
        var own = new DiffusionOptions();
        var asked = own with { Strength = parsed.GetValue(_strength) ?? own.Strength, Eta = parsed.GetValue(_eta) ?? own.Eta, Through = parsed.GetValue(_through) };
        asked.Check();
        return asked == own ? null : asked;
    }

    private static Recipe RecipeNamed(string name, Painter painter) => name != ClipJem ? Recipe.Named(name)
        : painter.RefineRecipe.Name == Recipe.Energy.Name ? painter.RefineRecipe : Recipe.Energy;
}
