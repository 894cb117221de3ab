namespace Pagoda.Torch;

/// <summary>An error of libtorch, with libtorch's own message and without its C++ back trace.</summary>
public sealed class TorchException(string message) : Exception(message);
