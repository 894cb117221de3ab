using System.Diagnostics.CodeAnalysis;

namespace Pagoda.Generation;

/// <summary>What to paint, and how.</summary>
public sealed record GenerationRequest : PaintOptions
{
    /// <summary>A request that says the prompt and leaves the rest to be set.</summary>
    public GenerationRequest()
    {
    }

    /// <summary>A prompt with options.</summary>
    [SetsRequiredMembers]
    public GenerationRequest(string prompt, PaintOptions? options = null)
        : base(options ?? new PaintOptions()) => Prompt = prompt;

    /// <summary>What to paint (<see cref="Prompts.Prompt"/>).</summary>
    public required string Prompt { get; init; }

    /// <summary>Refuses what cannot be painted, whatever the model.</summary>
    /// <exception cref="GenerationException">Something is out of its range or does not go together.</exception>
    public void Check()
    {
        Require(Count >= 1, $"{Count} pictures cannot be painted; ask for 1 or more.");
        Require(Size is null or (>= 8 and <= 8192), $"A picture of {Size} pixels a side cannot be painted; choose 8 to 8192.");
        Require(Strength is > 0 and <= 1, $"A strength of {Strength} is out of range; choose above 0, up to 1.");
        Require(FrameEvery >= 1, $"A frame every {FrameEvery} steps cannot be given; choose 1 or more.");
        Require(StopAfter is null or >= 0, $"A painting cannot stop after {StopAfter} steps; choose 0 or more.");
        Require(Mask is null || Init is not null, "A mask says where a given picture may change; give that picture too.");
        Require(Init is not null || Draft || Refine == true || Strength == 1, "A strength says how much a given picture or a draft may change; give a picture, begin with a draft, or refine.");
        Require(!Draft || Init is null, "A painting starts from CLIP-GEN's draft or from a given picture, not from both.");
        static void Require(bool holds, string otherwise)
        {
            if (!holds)
            {
                throw new GenerationException(otherwise);
            }
        }
    }
}
