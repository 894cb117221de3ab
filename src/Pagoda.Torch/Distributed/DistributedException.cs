namespace Pagoda.Torch.Distributed;

/// <summary>A run of several processes cannot begin or go on; the message is one sentence that names the rank to blame where it is known.</summary>
public sealed class DistributedException(string message, Exception? inner = null) : Exception(message, inner);
