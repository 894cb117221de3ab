namespace Pagoda.Training;

/// <summary>A captioner's shape and its words, for <c>method: captioner</c>; the defaults are the embedded one's.</summary>
public sealed record CaptionerOptions
{
    /// <summary>Width and height of the pictures in pixels.</summary>
    public int Resolution { get; init; } = 64;

    /// <summary>Channels of the trunk's stages, multiples of 8, such as <c>32,64,128</c>; each stage halves the side once.</summary>
    public string TrunkWidths { get; init; } = "32,64,128";

    /// <summary>Residual blocks of each stage, such as <c>0,1,2</c>.</summary>
    public string TrunkBlocks { get; init; } = "0,1,2";

    /// <summary>Channels of the transformer.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Blocks of the transformer.</summary>
    public int Layers { get; init; } = 3;

    /// <summary>Attention heads; they divide the width.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Width of a block's hidden layer over the transformer's.</summary>
    public int HiddenFactor { get; init; } = 2;

    /// <summary>Longest caption in tokens, its start and its end among them; longer ones are cut short in training and refused in measuring.</summary>
    public int ContextLength { get; init; } = 48;

    /// <summary>A tokenizer, or a folder that has one, so that the captioner can stand beside its CLIP; new words are learnt from the captions when empty (<c>model.vocabulary_size</c>).</summary>
    public string Tokenizer { get; init; } = "";
}
