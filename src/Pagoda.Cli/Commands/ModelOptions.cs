using System.CommandLine;
using Pagoda.Models.Clip;

namespace Pagoda.Cli.Commands;

/// <summary>Options that say of a model what its files may not.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string?> _architecture = new("--arch") { Description = "The architecture, such as ViT-B-32, of a file that does not say it." };
    private readonly Option<bool> _quickGelu = new("--quick-gelu") { Description = "It was trained with QuickGELU, as OpenAI's weights were." };
    private readonly Option<bool> _gelu = new("--gelu") { Description = "It was trained with the exact GELU, as open_clip's and CLIPAG's weights were." };
    private readonly Option<string?> _tokenizer = new("--tokenizer") { Description = "The tokenizer's file or folder, if it is neither beside the weights nor in the cache." };

    public IEnumerable<Option> All => [_architecture, _quickGelu, _gelu, _tokenizer];

    /// <exception cref="UsageException">The architecture is not known, or the two activations are both given.</exception>
    public ClipLoadOptions Of(ParseResult parsed)
    {
        var (quick, exact) = (parsed.GetValue(_quickGelu), parsed.GetValue(_gelu));
        if (quick && exact)
        {
            throw new UsageException("--quick-gelu and --gelu exclude each other.");
        }

        if (parsed.GetValue(_architecture) is { } name && ClipPresets.Find(name) is null)
        {
            throw new UsageException($"--arch: no architecture is called '{name}'; there are {string.Join(", ", ClipPresets.Names)}.");
        }

        return new ClipLoadOptions
        {
            Architecture = parsed.GetValue(_architecture),
            QuickGelu = quick ? true : exact ? false : null,
            Tokenizer = parsed.GetValue(_tokenizer),
        };
    }
}
