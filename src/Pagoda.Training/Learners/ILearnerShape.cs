namespace Pagoda.Training.Learners;

/// <summary>What is known of a model under training before it is built: what <see cref="TrainingPlan"/> is worked out from.</summary>
internal interface ILearnerShape
{
    /// <summary>Its kind and size, and where the weights come from.</summary>
    string Model { get; }

    /// <summary>Width and height of its pictures in pixels.</summary>
    int ImageSize { get; }

    /// <summary>Numbers that training changes.</summary>
    long Trained { get; }

    /// <summary>Numbers that stay as they are.</summary>
    long Frozen { get; }

    /// <summary>Whether <c>memory.checkpointing</c> can make a step smaller, beside <c>memory.chunk</c>.</summary>
    bool CanCheckpoint { get; }

    /// <summary>About how much memory a rank takes.</summary>
    /// <param name="options">The run.</param>
    /// <param name="data">Bytes that the data holds.</param>
    /// <param name="ranks">Processes that train together.</param>
    /// <param name="autocast">Whether products run in bfloat16.</param>
    MemoryEstimate Memory(TrainingOptions options, long data, int ranks, bool autocast);

    /// <summary>Floating-point operations of a rank's step; null for networks that are not counted.</summary>
    double? Operations(TrainingOptions options, int ranks);
}
