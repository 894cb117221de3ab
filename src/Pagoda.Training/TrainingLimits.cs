using System.Globalization;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Training;

/// <summary>What the numbers of <see cref="TrainingOptions"/> may be.</summary>
internal static class TrainingLimits
{
    private static readonly Limit[] Limits =
    [
        new("model.vocabulary_size", o => o.Model.VocabularySize, BpeTrainer.SmallestVocabulary, 1_000_000),
        new("data.shuffle_buffer", o => o.Data.ShuffleBuffer, 1, 1_000_000),
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
        new("optimizer.beta2", o => o.Optimizer.Beta2, 0, 1, Below: true),
        new("optimizer.clip_norm", o => o.Optimizer.ClipNorm, 0, 1e6, Above: true),
        new("optimizer.average_decay", o => o.Optimizer.AverageDecay, 0, 1, Below: true),
        new("optimizer.max_logit_scale", o => o.Optimizer.MaxLogitScale, 1, 1000),
        new("attack.radius", o => o.Attack.Radius, 0, 1000),
        new("attack.steps", o => o.Attack.Steps, 0, 1000),
        new("attack.step_size", o => o.Attack.StepSize, 0, 1000),
        new("energy.weight", o => o.Energy.Weight, 0, 1000),
        new("energy.negatives", o => o.Energy.Negatives, 1, 65536),
        new("energy.buffer", o => o.Energy.Buffer, 1, 1_000_000),
        new("energy.steps", o => o.Energy.Steps, 1, 10_000),
        new("energy.max_age", o => o.Energy.MaxAge, 0, 1_000_000),
        new("energy.restart", o => o.Energy.Restart, 0, 1),
        new("energy.step_size", o => o.Energy.StepSize, 0, 1000, Above: true),
        new("energy.momentum", o => o.Energy.Momentum, 0, 1, Below: true),
        new("energy.noise", o => o.Energy.Noise, 0, 1),
        new("log_every", o => o.LogEvery, 1, 1e9),
        new("save_every", o => o.SaveEvery, 1, 1e9),
    ];

    /// <summary>The first thing that is wrong: the key it is about and a sentence; null when all is well.</summary>
    public static (string Key, string Sentence)? FirstProblem(TrainingOptions options) =>
        Limits.Where(limit => !limit.Holds(options)).Select(limit => ((string, string)?)(limit.Key, limit.Sentence(options))).FirstOrDefault()
        ?? Combinations(options).Select(problem => ((string, string)?)problem).FirstOrDefault();

    private static IEnumerable<(string Key, string Sentence)> Combinations(TrainingOptions options)
    {
        var (model, data, energy) = (options.Model, options.Data, options.Energy);
        if (!Enum.IsDefined(options.Method))
        {
            yield return ("method", $"method {options.Method} is not known; use contrastive, clipag or energy.");
        }

        if (options.Attack.Norm.ToLowerInvariant() is not ("l2" or "linf"))
        {
            yield return ("attack.norm", $"attack.norm is \"{options.Attack.Norm}\"; use l2 or linf.");
        }

        if (model.From.Length > 0 == model.Config.Length > 0)
        {
            yield return ("model.from", "name one of model.from, a model to go on from, and model.config, the shape of new weights.");
        }

        if (model.Config.Length > 0 && model.FreezeText)
        {
            yield return ("model.freeze_text", "model.freeze_text keeps the text tower as it is, but with model.config it is new and has learnt nothing; start with model.from.");
        }

        var sources = new[] { data.Emoji, data.Shards, data.Folder }.Count(name => name.Length > 0);
        if (sources != 1)
        {
            var key = data.Shards.Length > 0 ? "data.shards" : data.Folder.Length > 0 ? "data.folder" : "data.emoji";
            yield return (key, $"{(sources == 0 ? "none" : "more than one")} of data.emoji, data.shards and data.folder is named; name one.");
        }

        if (data.PairShare + data.CopiesShare > 1)
        {
            yield return ("data.pair_share", "data.pair_share and data.copies_share together are more than 1.");
        }

        if (energy.Negatives > energy.Buffer)
        {
            yield return ("energy.negatives", $"energy.negatives is {energy.Negatives}, more than the {energy.Buffer} paintings of energy.buffer.");
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
