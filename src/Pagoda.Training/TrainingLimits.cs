using System.Globalization;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;
using Pagoda.Training.Learners;
using Pagoda.Training.Objectives;

namespace Pagoda.Training;

/// <summary>What the numbers of <see cref="TrainingOptions"/> may be.</summary>
internal static class TrainingLimits
{
    private static readonly Limit[] Limits =
    [
        new("model.vocabulary_size", o => o.Model.VocabularySize, BpeTrainer.SmallestVocabulary, 1_000_000),
        new("data.synthetic", o => o.Data.Synthetic, 0, 1e12),
        new("data.shuffle_buffer", o => o.Data.ShuffleBuffer, 1, 100_000),
        new("data.broken_limit", o => o.Data.BrokenLimit, 0, 1),
        new("data.workers", o => o.Data.Workers, 0, 1024),
        new("data.smallest_crop", o => o.Data.SmallestCrop, 0, 1, Above: true),
        new("data.pair_share", o => o.Data.PairShare, 0, 1),
        new("data.copies_share", o => o.Data.CopiesShare, 0, 1),
        new("data.everyday_weight", o => o.Data.EverydayWeight, 0, 1000, Above: true),
        new("data.white_background_share", o => o.Data.WhiteBackgroundShare, 0, 1),
        new("optimizer.steps", o => o.Optimizer.Steps, 1, 1e9),
        new("optimizer.batch", o => o.Optimizer.Batch, 2, 65536),
        new("optimizer.learning_rate", o => o.Optimizer.LearningRate, 0, 10, Above: true),
        new("optimizer.warm_up", o => o.Optimizer.WarmUp, 0, 1e9),
        new("optimizer.final_share", o => o.Optimizer.FinalShare, 0, 1),
        new("optimizer.weight_decay", o => o.Optimizer.WeightDecay, 0, 10),
        new("optimizer.beta1", o => o.Optimizer.Beta1, 0, 1, Below: true),
        new("optimizer.beta2", o => o.Optimizer.Beta2, 0, 1, Below: true),
        new("optimizer.clip_norm", o => o.Optimizer.ClipNorm, 0, 1e6, Above: true),
        new("optimizer.average_decay", o => o.Optimizer.AverageDecay, 0, 1, Below: true),
        new("optimizer.max_logit_scale", o => o.Optimizer.MaxLogitScale, 1, 1000),
        new("attack.radius", o => o.Attack.Radius, 0, 1000),
        new("attack.steps", o => o.Attack.Steps, 0, 1000),
        new("attack.step_size", o => o.Attack.StepSize, 0, 1000),
        new("energy.weight", o => o.Energy.Weight, 0, 1000),
        new("energy.negatives", o => o.Energy.Negatives, 1, 65536),
        new("energy.buffer", o => o.Energy.Buffer, 0, 1_000_000),
        new("energy.steps", o => o.Energy.Steps, 1, 10_000),
        new("energy.max_age", o => o.Energy.MaxAge, 0, 1_000_000),
        new("energy.restart", o => o.Energy.Restart, 0, 1),
        new("energy.step_size", o => o.Energy.StepSize, 0, 1000, Above: true),
        new("energy.momentum", o => o.Energy.Momentum, 0, 1, Below: true),
        new("energy.noise", o => o.Energy.Noise, 0, 1),
        new("energy.margin", o => o.Energy.Margin, 0, 1000),
        new("vqgan.resolution", o => o.Vqgan.Resolution, 4, 4096),
        new("vqgan.channels", o => o.Vqgan.Channels, 1, 4096),
        new("vqgan.blocks", o => o.Vqgan.Blocks, 1, 64),
        new("vqgan.codebook", o => o.Vqgan.Codebook, 2, 1 << 24),
        new("vqgan.codebook_width", o => o.Vqgan.CodebookWidth, 1, 65536),
        new("vqgan.latent_channels", o => o.Vqgan.LatentChannels, 1, 65536),
        new("vqgan.norm_groups", o => o.Vqgan.NormGroups, 1, 65536),
        new("vqgan.commitment", o => o.Vqgan.Commitment, 0, 1000),
        new("vqgan.codebook_weight", o => o.Vqgan.CodebookWeight, 0, 1000),
        new("vqgan.restart_every", o => o.Vqgan.RestartEvery, 0, 1e9),
        new("vqgan.restart_until", o => o.Vqgan.RestartUntil, 0, 1),
        new("vqgan.perceptual_weight", o => o.Vqgan.PerceptualWeight, 0, 1000),
        new("vqgan.discriminator_start", o => o.Vqgan.DiscriminatorStart, -1, 1e9),
        new("vqgan.discriminator_weight", o => o.Vqgan.DiscriminatorWeight, 0, 1000),
        new("vqgan.discriminator_channels", o => o.Vqgan.DiscriminatorChannels, 1, 4096),
        new("vqgan.discriminator_layers", o => o.Vqgan.DiscriminatorLayers, 1, 8),
        new("gpt.resolution", o => o.Gpt.Resolution, 4, 4096),
        new("gpt.layers", o => o.Gpt.Layers, 1, 1000),
        new("gpt.width", o => o.Gpt.Width, 1, 65536),
        new("gpt.heads", o => o.Gpt.Heads, 1, 1024),
        new("gpt.dropout", o => o.Gpt.Dropout, 0, 1, Below: true),
        new("gpt.condition_dropout", o => o.Gpt.ConditionDropout, 0, 1, Below: true),
        new("gpt.condition_noise", o => o.Gpt.ConditionNoise, 0, 100),
        new("diffusion.resolution", o => o.Diffusion.Resolution, 4, 4096),
        new("diffusion.channels", o => o.Diffusion.Channels, 1, 65536),
        new("diffusion.blocks", o => o.Diffusion.Blocks, 1, 64),
        new("diffusion.head_channels", o => o.Diffusion.HeadChannels, 1, 65536),
        new("diffusion.norm_groups", o => o.Diffusion.NormGroups, 1, 65536),
        new("diffusion.steps", o => o.Diffusion.Steps, 1, 100_000),
        new("diffusion.weight_limit", o => o.Diffusion.WeightLimit, 1, 1e6),
        new("captioner.resolution", o => o.Captioner.Resolution, 4, 4096),
        new("captioner.width", o => o.Captioner.Width, 1, 65536),
        new("captioner.layers", o => o.Captioner.Layers, 1, 64),
        new("captioner.heads", o => o.Captioner.Heads, 1, 1024),
        new("captioner.hidden_factor", o => o.Captioner.HiddenFactor, 1, 16),
        new("captioner.context_length", o => o.Captioner.ContextLength, 2, 4096),
        new("gpt.embedding_loss", o => o.Gpt.EmbeddingLoss, 0, 1000),
        new("memory.chunk", o => o.Memory.Chunk, 0, 65536),
        new("memory.text_cache", o => o.Memory.TextCache, 0, 1_000_000),
        new("guard.rollbacks", o => o.Guard.Rollbacks, 0, 100),
        new("guard.rate_factor", o => o.Guard.RateFactor, 0, 1, Above: true),
        new("guard.patience", o => o.Guard.Patience, 1, 100_000),
        new("guard.gradient_norm", o => o.Guard.GradientNorm, 0, 1e9),
        new("guard.energy_gap", o => o.Guard.EnergyGap, 0, 2),
        new("guard.saturation", o => o.Guard.Saturation, 0, 1),
        new("keep", o => o.Keep, 1, 10_000),
        new("watch.every", o => o.Watch.Every, 0, 1e9),
        new("watch.pictures", o => o.Watch.Pictures, 1, 1_000_000),
        new("watch.attack_steps", o => o.Watch.AttackSteps, 0, 10_000),
        new("watch.paint_steps", o => o.Watch.PaintSteps, 0, 10_000),
        new("log_every", o => o.LogEvery, 1, 1e9),
        new("save_every", o => o.SaveEvery, 1, 1e9),
    ];

    /// <summary>The first thing that is wrong: the key it is about and a sentence; null when all is well.</summary>
    public static (string Key, string Sentence)? FirstProblem(TrainingOptions options, int ranks = 1) =>
        Limits.Where(limit => !limit.Holds(options)).Select(limit => ((string, string)?)(limit.Key, limit.Sentence(options))).FirstOrDefault()
        ?? Combinations(options, ranks).Select(problem => ((string, string)?)problem).FirstOrDefault();

    private static IEnumerable<(string Key, string Sentence)> Combinations(TrainingOptions options, int ranks)
    {
        var (model, data, energy) = (options.Model, options.Data, options.Energy);
        if (!Enum.IsDefined(options.Method))
        {
            yield return ("method", $"method {options.Method} is not known; use contrastive, clipag, clip-jem, vqgan, gpt, diffusion or captioner.");
        }

        if (options.Attack.Norm.ToLowerInvariant() is not ("l2" or "linf"))
        {
            yield return ("attack.norm", $"attack.norm is \"{options.Attack.Norm}\"; use l2 or linf.");
        }

        foreach (var problem in LearnerShapes.Problems(options))
        {
            yield return problem;
        }

        var clip = options.Method is not (TrainingMethod.Vqgan or TrainingMethod.Gpt or TrainingMethod.Diffusion or TrainingMethod.Captioner);
        if (clip && model.From.Length > 0 == model.Config.Length > 0)
        {
            yield return ("model.from", "name one of model.from, a model to go on from, and model.config, the shape of new weights.");
        }

        if (model.Config.Length > 0 && model.FreezeText && data.Synthetic == 0)
        {
            yield return ("model.freeze_text", "model.freeze_text keeps the text tower as it is, but with model.config it is new and has learnt nothing; start with model.from.");
        }

        foreach (var problem in data.Problems())
        {
            yield return problem;
        }

        if (data.PairShare + data.CopiesShare > 1)
        {
            yield return ("data.pair_share", "data.pair_share and data.copies_share together are more than 1.");
        }

        if (options.Optimizer.Batch % ranks != 0)
        {
            yield return ("optimizer.batch", $"optimizer.batch is {options.Optimizer.Batch}, which {ranks} processes cannot share evenly; give a multiple of {ranks}.");
        }

        if (options.Method == TrainingMethod.ClipJem && energy.Negatives % ranks != 0)
        {
            yield return ("energy.negatives", $"energy.negatives is {energy.Negatives}, which {ranks} processes cannot share evenly; give a multiple of {ranks}.");
        }

        if (energy.Start == NegativeStart.Bank && energy.Bank.Length == 0)
        {
            yield return ("energy.start", "energy.start is bank, but energy.bank names no file; fit one with the command data bank.");
        }

        if (energy.Buffer > 0 && energy.Negatives > energy.Buffer)
        {
            yield return ("energy.negatives", $"energy.negatives is {energy.Negatives}, more than the {energy.Buffer} paintings of energy.buffer.");
        }

        if (!options.Watch.TemplateList().All(template => template.Contains("{}", StringComparison.Ordinal)))
        {
            yield return ("watch.templates", $"watch.templates is \"{options.Watch.Templates}\"; each sentence, apart by ;, needs {{}} where the name goes.");
        }

        if (options.Watch.Alphas() is not { } alphas)
        {
            yield return ("watch.interpolate", $"watch.interpolate is \"{options.Watch.Interpolate}\"; give shares from 0 to 1 with commas between, such as 0,0.25,0.5,0.75,1.");
        }
        else if (alphas.Count > 0 && model.From.Length == 0)
        {
            yield return ("watch.interpolate", "watch.interpolate measures between the weights that a run starts from and those it ends with; start with model.from, or leave it out.");
        }

        if (options.Device.Length > 0 && !IsDevice(options.Device))
        {
            yield return ("device", $"device is \"{options.Device}\"; use cpu, cuda or cuda:N, or leave it out for the best at hand.");
        }
    }

    private static bool IsDevice(string text)
    {
        try
        {
            Device.Parse(text);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private sealed record Limit(string Key, Func<TrainingOptions, double> Value, double Low, double High, bool Above = false, bool Below = false)
    {
        public bool Holds(TrainingOptions options)
        {
            var value = Value(options);
            return (Above ? value > Low : value >= Low) && (Below ? value < High : value <= High);
        }

        public string Sentence(TrainingOptions options) => string.Create(
            CultureInfo.InvariantCulture,
            $"{Key} is {Value(options)}; give {(Above ? "more than" : "at least")} {Low} and {(Below ? "less than" : "at most")} {High}.");
    }
}
