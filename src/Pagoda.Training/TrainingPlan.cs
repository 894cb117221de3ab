using Pagoda.Torch;

namespace Pagoda.Training;

/// <summary>What a run is about to do, to be shown before it starts.</summary>
/// <param name="Method">What it trains for.</param>
/// <param name="Model">The image tower's kind and size, and where the weights come from.</param>
/// <param name="Trained">Numbers that training changes.</param>
/// <param name="Frozen">Numbers that stay as they are.</param>
/// <param name="Data">What the data is and how much.</param>
/// <param name="Batch">Pictures a step.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Device">Where it computes.</param>
/// <param name="Autocast">Whether products run in bfloat16.</param>
/// <param name="Memory">Bytes it will take, about; see <see cref="MemoryEstimate"/>.</param>
public sealed record TrainingPlan(
    string Method, string Model, long Trained, long Frozen, string Data, int Batch, long Steps, Device Device, bool Autocast, long Memory);
