using System.CommandLine;
using Pagoda.Models.Clip;

namespace Pagoda.Cli.Commands;

/// <summary>The options that say of weights what their files do not.</summary>
internal sealed class WeightsOptions
{
    private readonly Option<string?> _architecture = new("--arch") { Description = "The architecture of weights that come without a configuration, such as ViT-B-32." };
    private readonly Option<bool> _quickGelu = new("--quick-gelu") { Description = "The weights were trained with QuickGELU, as OpenAI's." };
    private readonly Option<bool> _gelu = new("--gelu") { Description = "The weights were trained with the exact GELU, as open_clip's and CLIPAG's." };
    private readonly Option<string?> _tokenizer = new("--tokenizer") { Description = "The tokenizer's file or folder, if it is not beside the weights." };

    public IEnumerable<Option> All => [_architecture, _quickGelu, _gelu, _tokenizer];

    /// <summary>What was given.</summary>
    /// <exception cref="UsageException">Both activations were.</exception>
    public ClipLoadOptions Of(ParseResult parsed)
    {
        if (parsed.GetValue(_quickGelu) && parsed.GetValue(_gelu))
        {
            throw new UsageException("--quick-gelu and --gelu exclude each other");
        }

        return new ClipLoadOptions
        {
            Architecture = parsed.GetValue(_architecture),
            QuickGelu = parsed.GetValue(_quickGelu) ? true : parsed.GetValue(_gelu) ? false : null,
            Tokenizer = parsed.GetValue(_tokenizer),
        };
    }
}
