namespace Pagoda.Cli;

/// <summary>What the program's exit code says.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>The command could not do its work; one sentence on standard error says why.</summary>
    public const int Failure = 1;

    /// <summary>The command line itself was wrong.</summary>
    public const int Usage = 2;

    /// <summary>Ctrl-C or SIGTERM; what could be saved has been saved.</summary>
    public const int Interrupted = 130;
}
