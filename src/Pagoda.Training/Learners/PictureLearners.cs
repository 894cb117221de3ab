using Pagoda.Models.Captioner;
using Pagoda.Models.Clip;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Models.Diffusion;
using Pagoda.Models.Gpt;
using Pagoda.Models.Lpips;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;
using Pagoda.Training.Tokens;

namespace Pagoda.Training.Learners;

/// <summary>Builds what is no CLIP, with the models that it needs beside it.</summary>
internal static class PictureLearners
{
    public static VqganConfig ConfigOf(TrainingOptions options)
    {
        if (options.Model.From.Length == 0)
        {
            return LearnerShapes.ConfigOf(options.Vqgan);
        }

        using var loaded = VqganLoader.Load(options.Model.From, Device.Cpu);
        return loaded.Model.Config with { Resolution = options.Vqgan.Resolution };
    }

    public static GptConfig ConfigOf(GptOptions options)
    {
        using var vqgan = VqganLoader.Load(options.Vqgan, Device.Cpu);
        using var clip = ClipLoader.Load(options.Clip, Device.Cpu);
        return ConfigOf(options, vqgan.Model.Config, clip.Model.Config);
    }

    public static DiffusionConfig ConfigOf(DiffusionOptions options, ModelOptions from)
    {
        if (from.From.Length == 0)
        {
            return LearnerShapes.ConfigOf(options);
        }

        using var loaded = DiffusionLoader.Load(from.From, Device.Cpu);
        return loaded.Model.Config with { Resolution = options.Resolution };
    }

    public static CaptionerConfig ConfigOf(CaptionerOptions options, ModelOptions model)
    {
        if (model.From.Length == 0)
        {
            return LearnerShapes.ConfigOf(options, options.Tokenizer.Length > 0 ? ClipTokenizer.Load(TokenizerOf(options)).VocabularySize : model.VocabularySize);
        }

        using var loaded = CaptionerLoader.Load(model.From, Device.Cpu);
        return loaded.Model.Config;
    }

    /// <summary>A captioner, from a folder or new; the words of a new one are those of <c>captioner.tokenizer</c>, or what <paramref name="learn"/> makes of the captions.</summary>
    public static CaptionerLearner Captioner(TrainingOptions options, Device device, TrainingTools tools, Func<ClipTokenizer> learn)
    {
        if (options.Model.From.Length > 0)
        {
            var loaded = CaptionerLoader.Load(options.Model.From, device, forTraining: true);
            return new CaptionerLearner(options, loaded.Model, loaded.Tokenizer, tools.Group);
        }

        var tokenizer = options.Captioner.Tokenizer.Length > 0 ? ClipTokenizer.Load(TokenizerOf(options.Captioner)) : learn();
        var config = LearnerShapes.ConfigOf(options.Captioner, tokenizer.VocabularySize);
        return new CaptionerLearner(options, new CaptionerModel(Weights.Initialize(options.Seed, device), config), tokenizer, tools.Group);
    }

    public static DiffusionLearner Diffusion(TrainingOptions options, Device device, TrainingTools tools)
    {
        var model = options.Model.From.Length > 0
            ? DiffusionLoader.Load(options.Model.From, device, forTraining: true).Model
            : new DiffusionUNet(Weights.Initialize(options.Seed, device), LearnerShapes.ConfigOf(options.Diffusion));
        return new DiffusionLearner(options, model, tools.Group);
    }

    public static VqganLearner Vqgan(TrainingOptions options, Device device, TrainingTools tools)
    {
        var model = options.Model.From.Length > 0
            ? VqganLoader.Load(options.Model.From, device, forTraining: true).Model
            : new VqganModel(Weights.Initialize(options.Seed, device), LearnerShapes.ConfigOf(options.Vqgan));
        return new VqganLearner(options, model, Distance(options.Vqgan, device, tools), tools.Group);
    }

    public static GptLearner Gpt(TrainingOptions options, Device device, TrainingTools tools, TokenShards? prepared)
    {
        var vqgan = VqganLoader.Load(options.Gpt.Vqgan, device);
        var clip = ClipLoader.Load(options.Gpt.Clip, device);
        var config = ConfigOf(options.Gpt, vqgan.Model.Config, clip.Model.Config);
        if (prepared is not null && (prepared.CodebookHash, prepared.Length, prepared.Width) != (vqgan.CodebookHash, config.BlockSize, config.ConditionWidth))
        {
            throw new InvalidDataException(
                $"{options.Data.Tokens} has {prepared.Length} tokens a picture of the codebook {prepared.CodebookHash[..12]} with embeddings of {prepared.Width} numbers; {options.Gpt.Vqgan} and {options.Gpt.Clip} make {config.BlockSize} of {vqgan.CodebookHash[..12]} with {config.ConditionWidth}: prepare them anew.");
        }

        GptModel model;
        if (options.Model.From.Length > 0)
        {
            model = GptLoader.Load(options.Model.From, device, new GptLoadOptions { ForTraining = true, Heads = options.Gpt.Heads }).Model;
            if (model.Config.VocabularySize != config.VocabularySize || model.Config.ConditionWidth != config.ConditionWidth || model.Config.BlockSize < config.BlockSize)
            {
                throw new InvalidDataException(
                    $"{options.Model.From} predicts {model.Config.VocabularySize} tokens at {model.Config.BlockSize} places from embeddings of {model.Config.ConditionWidth} numbers; {options.Gpt.Vqgan} and {options.Gpt.Clip} have {config.VocabularySize}, {config.BlockSize} and {config.ConditionWidth}.");
            }
        }
        else
        {
            model = new GptModel(Weights.Initialize(options.Seed, device), config);
        }

        return new GptLearner(options, model, vqgan, clip, tools);
    }

    private static string TokenizerOf(CaptionerOptions options) =>
        File.Exists(options.Tokenizer) ? options.Tokenizer
        : Directory.Exists(options.Tokenizer) && TokenizerPlaces.Find(options.Tokenizer) is { } found ? found
        : throw new InvalidDataException($"captioner.tokenizer is {options.Tokenizer}, where there is no tokenizer; name a tokenizer.json or a model's folder, or leave it out to learn words from the captions.");

    private static GptConfig ConfigOf(GptOptions options, VqganConfig vqgan, ClipConfig clip)
    {
        if (options.Resolution % vqgan.Factor != 0)
        {
            throw new InvalidDataException($"gpt.resolution is {options.Resolution}, no multiple of {vqgan.Factor}, the pixels to a token of {options.Vqgan}.");
        }

        var grid = options.Resolution / vqgan.Factor;
        return new GptConfig
        {
            Layers = options.Layers,
            Width = options.Width,
            Heads = options.Heads,
            VocabularySize = vqgan.CodebookSize,
            BlockSize = grid * grid,
            ConditionWidth = clip.EmbedDim,
            Dropout = options.Dropout,
            ConditionDropout = options.ConditionDropout,
        };
    }

    private static Func<Tensor, Tensor, Tensor>? Distance(VqganOptions options, Device device, TrainingTools tools)
    {
        if (options.PerceptualWeight == 0)
        {
            return null;
        }

        if (options.Lpips.Length > 0)
        {
            return LpipsLoader.Load(options.Lpips, device).Forward;
        }

        tools.Log?.Invoke($"vqgan.lpips names no weights: the perceptual loss is taken on the feature maps of {options.Perceptual}'s image tower.");
        var model = ClipLoader.Load(options.Perceptual, device).Model;
        FeatureDistance.Check(model);
        return new FeatureDistance(model).Forward;
    }
}
