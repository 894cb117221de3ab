namespace Pagoda.Models.Captioner;

/// <summary>The shape of a network that captions pictures: a residual trunk whose last map's places a causal transformer over words looks at.</summary>
public sealed record CaptionerConfig
{
    /// <summary>Side of the pictures in pixels.</summary>
    public int Resolution { get; init; } = 64;

    /// <summary>Channels of the trunk's stages, multiples of 8; each stage halves the side once.</summary>
    public IReadOnlyList<int> TrunkWidths { get; init; } = [32, 64, 128];

    /// <summary>Residual blocks of each stage.</summary>
    public IReadOnlyList<int> TrunkBlocks { get; init; } = [0, 1, 2];

    /// <summary>Channels of the transformer.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Blocks of the transformer.</summary>
    public int Layers { get; init; } = 3;

    /// <summary>Attention heads; they divide the width.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Width of a block's hidden layer over the transformer's.</summary>
    public int HiddenFactor { get; init; } = 2;

    /// <summary>Longest caption in tokens, its start and its end among them.</summary>
    public int ContextLength { get; init; } = 48;

    /// <summary>Tokens there are.</summary>
    public int VocabularySize { get; init; } = 2048;

    /// <summary>Side of the map that words look at, in places.</summary>
    public int MapSide => Resolution >> TrunkWidths.Count;

    /// <summary>Refuses shapes that no network has.</summary>
    /// <exception cref="InvalidDataException">One sentence on what is wrong.</exception>
    public CaptionerConfig Checked()
    {
        var halvings = 1 << TrunkWidths.Count;
        var problem = TrunkWidths.Count is < 1 or > 8 ? "its trunk has no stages, or more than 8"
            : TrunkBlocks.Count != TrunkWidths.Count ? $"its trunk has {TrunkWidths.Count} stages and numbers of blocks for {TrunkBlocks.Count}"
            : TrunkWidths.Any(width => width < 8 || width % 8 != 0) ? "a stage's channels are no multiple of 8"
            : TrunkBlocks.Any(blocks => blocks is < 0 or > 64) ? "a stage has fewer than 0 or more than 64 blocks"
            : Resolution < halvings || Resolution % halvings != 0 ? $"pictures of {Resolution} pixels cannot be halved {TrunkWidths.Count} times"
            : Width < 1 || Heads < 1 || Width % Heads != 0 ? $"{Heads} heads do not divide a width of {Width}"
            : Layers is < 1 or > 64 ? $"it has {Layers} layers"
            : HiddenFactor is < 1 or > 16 ? $"its hidden layers are {HiddenFactor} times as wide as the others"
            : ContextLength < 2 ? $"captions of {ContextLength} tokens have no room for their start and their end"
            : VocabularySize < 2 ? $"it knows {VocabularySize} tokens"
            : null;
        return problem is null ? this : throw new InvalidDataException($"There is no such captioner: {problem}.");
    }
}
