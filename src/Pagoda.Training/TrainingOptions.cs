using Pagoda.Training.Attacks;
using Pagoda.Training.Objectives;
using Pagoda.Training.Watch;

namespace Pagoda.Training;

/// <summary>What a run trains for.</summary>
public enum TrainingMethod
{
    /// <summary>CLIP's contrastive loss, both towers.</summary>
    Contrastive,
    /// <summary>CLIPAG (Ganz &amp; Elad, arXiv 2306.16805): the contrastive loss on adversarial pictures.</summary>
    Clipag,
    /// <summary>CLIP-JEM (Ganz &amp; Elad, arXiv 2408.17046): the contrastive adversarial loss plus the contrastive energy loss.</summary>
    ClipJem,
    /// <summary>A VQGAN (Esser et al. 2021, arXiv 2012.09841), from pictures alone.</summary>
    Vqgan,
    /// <summary>CLIP-GEN's transformer (Wang et al. 2022, arXiv 2203.00386), from pictures alone.</summary>
    Gpt,
    /// <summary>A denoising network (Ho et al. 2020, arXiv 2006.11239), from pictures alone.</summary>
    Diffusion,
    /// <summary>A network that captions pictures (Vinyals et al. 2015, arXiv 1411.4555), whose likelihoods judge others' pictures.</summary>
    Captioner,
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

    /// <summary>The energy loss and its negatives.</summary>
    public EnergyOptions Energy { get; init; } = new();

    /// <summary>The VQGAN's shape and losses, for <c>method: vqgan</c>.</summary>
    public VqganOptions Vqgan { get; init; } = new();

    /// <summary>The transformer's shape and surroundings, for <c>method: gpt</c>.</summary>
    public GptOptions Gpt { get; init; } = new();

    /// <summary>The denoising network's shape, for <c>method: diffusion</c>.</summary>
    public DiffusionOptions Diffusion { get; init; } = new();

    /// <summary>The captioner's shape and words, for <c>method: captioner</c>.</summary>
    public CaptionerOptions Captioner { get; init; } = new();

    /// <summary>What to hold in memory at a time.</summary>
    public MemoryOptions Memory { get; init; } = new();

    /// <summary>When a run has diverged, and what then.</summary>
    public GuardOptions Guard { get; init; } = new();

    /// <summary>How the run is watched.</summary>
    public WatchOptions Watch { get; init; } = new();

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

    /// <summary>Checkpoints to keep: the newest and so many less one before it.</summary>
    public int Keep { get; init; } = 2;
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

    /// <summary>The shape of new weights: a config.json, or an architecture's name such as ViT-B-32.</summary>
    public string Config { get; init; } = "";

    /// <summary>Tokens of the vocabulary that a new model learns from the captions.</summary>
    public int VocabularySize { get; init; } = 2048;

    /// <summary>Leave the text tower as it is (CLIPAG's and CLIP-JEM's papers do).</summary>
    public bool FreezeText { get; init; }
}

/// <summary>Optimiser and length of a run.</summary>
public sealed record OptimizerOptions
{
    /// <summary>Steps in all.</summary>
    public long Steps { get; init; } = 1000;

    /// <summary>Pictures a step, of all ranks together.</summary>
    public int Batch { get; init; } = 128;

    /// <summary>Highest learning rate of AdamW.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Steps of linear rise.</summary>
    public long WarmUp { get; init; } = 100;

    /// <summary>Lowest learning rate over the highest.</summary>
    public double FinalShare { get; init; }

    /// <summary>Decoupled weight decay on matrices and kernels; biases, norms and the logit scale have none.</summary>
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>AdamW's first coefficient; GANs are trained with 0.5.</summary>
    public double Beta1 { get; init; } = 0.9;

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

/// <summary>Which real pictures the energy loss holds against the negatives.</summary>
public enum RealPictures
{
    /// <summary>The unattacked pictures of the negatives' own captions (Algorithm 1).</summary>
    Own,
    /// <summary>The batch's pictures under attack: no further pictures go through the tower.</summary>
    Batch,
}

/// <summary>The energy loss of CLIP-JEM and how its negatives are painted; defaults are those of arXiv 2408.17046, Table 4.</summary>
public sealed record EnergyOptions
{
    /// <summary>Weight γ of the energy loss.</summary>
    public double Weight { get; init; } = 0.1;

    /// <summary>Negatives a step, of all ranks together: the generative batch.</summary>
    public int Negatives { get; init; } = 32;

    /// <summary>What negatives are painted from: noise, soft (near white) or bank.</summary>
    public NegativeStart Start { get; init; }

    /// <summary>The bank's file, for <c>start: bank</c>.</summary>
    public string Bank { get; init; } = "";

    /// <summary>Painting steps a training step, T_JEM.</summary>
    public int Steps { get; init; } = 50;

    /// <summary>How negatives are painted: adamw (Algorithm 1), or gradient, steps of one length.</summary>
    public NegativeSampler Sampler { get; init; }

    /// <summary>AdamW's learning rate α2, or the length of a step of <c>gradient</c> in pixels' L2 norm.</summary>
    public double StepSize { get; init; } = 0.025;

    /// <summary>Share of the old direction in the next, for <c>gradient</c>.</summary>
    public double Momentum { get; init; } = 0.7;

    /// <summary>Deviation β of the noise of each painting step; the paper gives no number.</summary>
    public double Noise { get; init; } = 0.01;

    /// <summary>What negatives are painted to lower: contrastive, CLIP's loss with their captions (Algorithm 1), or energy, each its own.</summary>
    public PaintingLoss PaintingLoss { get; init; }

    /// <summary>Real pictures in the energy loss: own (Algorithm 1) or batch.</summary>
    public RealPictures Real { get; init; }

    /// <summary>Weight of a soft margin between real and painted cosines, beside the energy loss; 0 in the paper.</summary>
    public double Margin { get; init; }

    /// <summary>Paintings in the replay buffer; 0 paints every negative from its start (Algorithm 1).</summary>
    public int Buffer { get; init; }

    /// <summary>A painting of the buffer starts anew after so many steps.</summary>
    public int MaxAge { get; init; } = 60;

    /// <summary>Share of the buffer's paintings that start anew before their time (JEM's reinitialisation: 0.05).</summary>
    public double Restart { get; init; } = 0.05;
}

/// <summary>What a run holds in memory at a time; none of it changes what is computed, but for rounding.</summary>
public sealed record MemoryOptions
{
    /// <summary>Pictures of a rank that go through the towers at a time; 0 takes all. The loss is the whole batch's all the same.</summary>
    public int Chunk { get; init; }

    /// <summary>Run the image tower's blocks again on the way back instead of keeping their states: less memory, a third more work.</summary>
    public bool Checkpointing { get; init; }

    /// <summary>Megabytes of caption features to keep when the text tower is frozen; 0 encodes captions each time.</summary>
    public int TextCache { get; init; } = 512;

    /// <summary>Start even when the plan says that memory will not be enough.</summary>
    public bool Overcommit { get; init; }
}

/// <summary>
/// When a run has diverged: it goes back to the last good checkpoint, with another seed and a lower rate, and gives up after a few
/// times (wgrathwohl/JEM's README tells its users to do this by hand).
/// </summary>
public sealed record GuardOptions
{
    /// <summary>Times a run may go back; 0 stops it the first time.</summary>
    public int Rollbacks { get; init; } = 3;

    /// <summary>Factor on the learning rate each time.</summary>
    public double RateFactor { get; init; } = 0.5;

    /// <summary>Steps in a row that must look wrong. A loss or gradient that is no number needs only one.</summary>
    public int Patience { get; init; } = 20;

    /// <summary>Largest norm of the gradients, over the median of the last 100 steps; 0 does not look.</summary>
    public double GradientNorm { get; init; } = 30;

    /// <summary>Largest lead of the negatives' mean cosine over the real pictures'; 0 does not look.</summary>
    public double EnergyGap { get; init; } = 0.3;

    /// <summary>Largest share of the negatives' numbers at 0 or 1; 0 does not look.</summary>
    public double Saturation { get; init; } = 0.98;
}
