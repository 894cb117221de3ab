using System.Globalization;
using Pagoda.Models.Captioner;
using Pagoda.Models.Diffusion;
using Pagoda.Models.Vqgan;

namespace Pagoda.Training.Learners;

/// <summary>What the options' model will be, by their method.</summary>
internal static class LearnerShapes
{
    /// <summary>The shape of what is to be trained.</summary>
    /// <exception cref="InvalidDataException">A configuration cannot be read or built.</exception>
    /// <exception cref="FileNotFoundException">A model that is named is not there.</exception>
    public static ILearnerShape Of(TrainingOptions options) => options.Method switch
    {
        TrainingMethod.Vqgan => new VqganShape(PictureLearners.ConfigOf(options), options),
        TrainingMethod.Gpt => new GptShape(PictureLearners.ConfigOf(options.Gpt), options),
        TrainingMethod.Diffusion => new DiffusionShape(PictureLearners.ConfigOf(options.Diffusion, options.Model), options),
        TrainingMethod.Captioner => new CaptionerShape(PictureLearners.ConfigOf(options.Captioner, options.Model), options),
        _ => new ClipShape(StartingModel.ConfigOf(options.Model), options.Model),
    };

    /// <summary>What is wrong with the options of the method alone: key and sentence.</summary>
    public static IEnumerable<(string Key, string Sentence)> Problems(TrainingOptions options)
    {
        var (vqgan, gpt) = (options.Vqgan, options.Gpt);
        foreach (var (key, text) in new[]
        {
            ("vqgan.multipliers", vqgan.Multipliers), ("vqgan.attention", vqgan.Attention), ("diffusion.multipliers", options.Diffusion.Multipliers), ("diffusion.attention", options.Diffusion.Attention),
            ("captioner.trunk_widths", options.Captioner.TrunkWidths),
        })
        {
            if (Numbers(text) is null)
            {
                yield return (key, $"{key} is \"{text}\"; give whole numbers with commas between, such as 1,1,2,2,4.");
            }
        }

        if (Numbers(options.Captioner.TrunkBlocks, least: 0) is null)
        {
            yield return ("captioner.trunk_blocks", $"captioner.trunk_blocks is \"{options.Captioner.TrunkBlocks}\"; give a whole number for each stage with commas between, such as 0,1,2.");
        }

        if (options.Data.Tokens.Length > 0 && options.Method != TrainingMethod.Gpt)
        {
            yield return ("data.tokens", $"data.tokens is for method gpt, not {EnumNames.NameOf(options.Method)}; name pictures.");
        }

        if (options.Data.Tokens.Length > 0 && options.Watch.Every > 0 && options.Watch.Data.Length == 0)
        {
            yield return ("watch.data", "watch.every wants pictures to look at, and data.tokens has none; name a folder of them in watch.data.");
        }

        if (options.Method == TrainingMethod.Gpt)
        {
            if (gpt.Vqgan.Length == 0 && options.Model.From.Length == 0)
            {
                yield return ("gpt.vqgan", "gpt.vqgan names no VQGAN, whose tokens the transformer is to predict; train one with method: vqgan.");
            }

            if (gpt.Clip.Length == 0)
            {
                yield return ("gpt.clip", "gpt.clip names no CLIP, whose picture embeddings the transformer is to paint from.");
            }

            if (gpt.Width % gpt.Heads != 0)
            {
                yield return ("gpt.heads", $"gpt.heads is {gpt.Heads}, which does not divide gpt.width, {gpt.Width}.");
            }
        }
    }

    /// <summary>The shape of a new VQGAN.</summary>
    /// <exception cref="InvalidDataException">It cannot be built.</exception>
    public static VqganConfig ConfigOf(VqganOptions options) => new VqganConfig
    {
        Resolution = options.Resolution,
        Channels = options.Channels,
        Multipliers = Numbers(options.Multipliers)!,
        Blocks = options.Blocks,
        AttentionResolutions = Numbers(options.Attention)!,
        LatentChannels = options.LatentChannels,
        CodebookSize = options.Codebook,
        CodebookWidth = options.CodebookWidth,
        NormGroups = options.NormGroups,
        CommitmentWeight = options.Commitment,
        LegacyCommitment = options.LegacyCommitment,
    }.Checked();

    /// <summary>The shape of a new denoising network.</summary>
    /// <exception cref="InvalidDataException">It cannot be built.</exception>
    public static DiffusionConfig ConfigOf(DiffusionOptions options) => new DiffusionConfig
    {
        Resolution = options.Resolution,
        Channels = options.Channels,
        Multipliers = [.. Numbers(options.Multipliers)!.Select(number => (double)number)],
        Blocks = options.Blocks,
        AttentionFactors = Numbers(options.Attention)!,
        HeadChannels = options.HeadChannels,
        NormGroups = options.NormGroups,
        LearnedVariance = false,
        Steps = options.Steps,
        Noise = options.Cosine ? NoiseKind.Cosine : NoiseKind.Linear,
    }.Checked();

    /// <summary>The shape of a new captioner.</summary>
    /// <param name="options">Its options.</param>
    /// <param name="vocabulary">Tokens there are.</param>
    /// <exception cref="InvalidDataException">It cannot be built.</exception>
    public static CaptionerConfig ConfigOf(CaptionerOptions options, int vocabulary) => new CaptionerConfig
    {
        Resolution = options.Resolution,
        TrunkWidths = Numbers(options.TrunkWidths)!,
        TrunkBlocks = Numbers(options.TrunkBlocks, least: 0)!,
        Width = options.Width,
        Layers = options.Layers,
        Heads = options.Heads,
        HiddenFactor = options.HiddenFactor,
        ContextLength = options.ContextLength,
        VocabularySize = vocabulary,
    }.Checked();

    private static int[]? Numbers(string text, int least = 1)
    {
        var numbers = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).ToArray();
        return numbers.All(number => number >= least) ? numbers : null;
    }
}
