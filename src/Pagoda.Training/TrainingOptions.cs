using Pagoda.Training.Attacks;

namespace Pagoda.Training;

/// <summary>What a run trains for.</summary>
public enum TrainingMethod
{
    /// <summary>CLIP's contrastive loss, both towers.</summary>
    Contrastive,
    /// <summary>CLIPAG (Ganz &amp; Elad, arXiv 2306.16805): the contrastive loss on adversarial pictures.</summary>
    Clipag,
    /// <summary>Adversarial contrastive loss plus contrastive energy loss (CLIP-JEM, arXiv 2408.17046) with a replay buffer of negatives.</summary>
    Energy,
}

/// <summary>A training run, as its YAML file says.</summary>
public sealed record TrainingOptions
{
    /// <summary>What to train for.</summary>
    public TrainingMethod Method { get; init; }

    /// <summary>The model to start from.</summary>
    public ModelOptions Model { get; init; } = new();

    /// <summary>The pictures and captions.</summary>
    public DataOptions Data { get; init; } = new();

    /// <summary>Optimiser and length.</summary>
    public OptimizerOptions Optimizer { get; init; } = new();

    /// <summary>The attack of the methods that need one.</summary>
    public AttackSettings Attack { get; init; } = new();

    /// <summary>The negatives of the energy loss.</summary>
    public EnergyOptions Energy { get; init; } = new();

    /// <summary>Seed of data, weights and noise.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>cpu, cuda or cuda:N; the best at hand when empty.</summary>
    public string Device { get; init; } = "";

    /// <summary>bfloat16 autocast; by default where the device multiplies bfloat16 in hardware.</summary>
    public bool? Autocast { get; init; }

    /// <summary>Steps between log lines.</summary>
    public int LogEvery { get; init; } = 20;

    /// <summary>Steps between checkpoints.</summary>
    public int SaveEvery { get; init; } = 200;
}

/// <summary>The model a run starts from.</summary>
public sealed record ModelOptions
{
    /// <summary>
    /// The model to go on from: a run's folder or its checkpoint file, a model's folder or file, or a name of a pulled
    /// model; empty starts from new weights.
    /// </summary>
    public string From { get; init; } = "";

    /// <summary>The architecture's name, such as ViT-B-32, for weights in a file that does not say it.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>The shape of new weights: a config.json.</summary>
    public string Config { get; init; } = "";

    /// <summary>Tokens of the vocabulary that a new model learns from the captions.</summary>
    public int VocabularySize { get; init; } = 2048;

    /// <summary>Leave the text tower as it is (CLIPAG's and CLIP-JEM's papers do).</summary>
    public bool FreezeText { get; init; }
}

/// <summary>The data of a run: one of the sources.</summary>
public sealed record DataOptions
{
    /// <summary>A folder of emoji shards, or their packed library, composed into scenes on the fly.</summary>
    public string Emoji { get; init; } = "";

    /// <summary>Webdataset shards: brace patterns, joined by <c>::</c>.</summary>
    public string Shards { get; init; } = "";

    /// <summary>A folder of pictures with captions.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Samples of shards that wait to be drawn from (open_clip's buffer is 5000).</summary>
    public int ShuffleBuffer { get; init; } = 5000;

    /// <summary>Smallest share of a stored picture's area that a random crop takes; open_clip has 0.9.</summary>
    public double SmallestCrop { get; init; } = 0.9;

    /// <summary>Mirror half of the stored pictures; not for captions that speak of left and right.</summary>
    public bool Flip { get; init; }

    /// <summary>Share of scenes with two objects.</summary>
    public double PairShare { get; init; } = 0.15;

    /// <summary>Share of scenes with several copies of an object.</summary>
    public double CopiesShare { get; init; } = 0.1;

    /// <summary>How much more often everyday things come than the rest.</summary>
    public double EverydayWeight { get; init; } = 3;

    /// <summary>Share of scenes on white.</summary>
    public double WhiteBackgroundShare { get; init; } = 0.5;
}

/// <summary>Optimiser and length of a run.</summary>
public sealed record OptimizerOptions
{
    /// <summary>Steps in all.</summary>
    public long Steps { get; init; } = 1000;

    /// <summary>Pictures a step.</summary>
    public int Batch { get; init; } = 128;

    /// <summary>Highest learning rate of AdamW.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Steps of linear rise.</summary>
    public long WarmUp { get; init; } = 100;

    /// <summary>Lowest learning rate over the highest.</summary>
    public double FinalShare { get; init; }

    /// <summary>Decoupled weight decay on matrices and kernels; biases, norms and the logit scale have none.</summary>
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>AdamW's second coefficient; open_clip trains ViTs with 0.98.</summary>
    public double Beta2 { get; init; } = 0.98;

    /// <summary>Largest joint norm of the gradients.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Decay of the moving average that is saved as the model; 0 saves the weights themselves.</summary>
    public double AverageDecay { get; init; } = 0.998;

    /// <summary>Largest factor on the cosines.</summary>
    public double MaxLogitScale { get; init; } = 100;
}

/// <summary>The attack of a run: projected gradient ascent on the loss, in pixels of [0, 1].</summary>
public sealed record AttackSettings
{
    /// <summary><c>l2</c> or <c>linf</c>.</summary>
    public string Norm { get; init; } = "l2";

    /// <summary>Radius in [0, 1] pixels; the paper's L2 radius for CLIPAG is 1.5 at 224 x 224.</summary>
    public double Radius { get; init; } = 1.5;

    /// <summary>Ascent steps; one step from the picture itself is FGSM.</summary>
    public int Steps { get; init; } = 2;

    /// <summary>Length of a step; 2·radius / (steps + 1) when 0.</summary>
    public double StepSize { get; init; }

    /// <summary>Begin at a random point of the ball.</summary>
    public bool RandomStart { get; init; } = true;

    internal AttackOptions ToAttack() => new()
    {
        Norm = Norm.ToLowerInvariant() switch
        {
            "l2" => AttackNorm.L2,
            "linf" => AttackNorm.LInfinity,
            _ => throw new InvalidDataException($"attack.norm is \"{Norm}\": use l2 or linf."),
        },
        Radius = Radius,
        Steps = Steps,
        StepSize = StepSize > 0 ? StepSize : 2 * Radius / (Steps + 1),
        RandomStart = RandomStart,
    };
}

/// <summary>The negatives of the energy loss: paintings from a replay buffer, gone on with a few steps each time.</summary>
public sealed record EnergyOptions
{
    /// <summary>Weight γ of the energy loss.</summary>
    public double Weight { get; init; } = 0.3;

    /// <summary>Negatives a step.</summary>
    public int Negatives { get; init; } = 48;

    /// <summary>Paintings in the buffer.</summary>
    public int Buffer { get; init; } = 512;

    /// <summary>Painting steps a training step.</summary>
    public int Steps { get; init; } = 8;

    /// <summary>A painting starts anew after so many steps.</summary>
    public int MaxAge { get; init; } = 60;

    /// <summary>Share of paintings that start anew before their time (JEM's reinitialisation: 0.05).</summary>
    public double Restart { get; init; } = 0.05;

    /// <summary>Length of a painting step along the normalised gradient, in pixels' L2 norm.</summary>
    public double StepSize { get; init; } = 0.9;

    /// <summary>Share of the old direction in the next.</summary>
    public double Momentum { get; init; } = 0.7;

    /// <summary>Deviation of the noise on what the model sees while painting.</summary>
    public double Noise { get; init; } = 0.01;
}
