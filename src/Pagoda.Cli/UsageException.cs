namespace Pagoda.Cli;

/// <summary>The command line parses but asks for something that cannot be: the message says what, and the exit code is 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
