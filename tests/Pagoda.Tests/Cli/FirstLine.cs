namespace Pagoda.Tests.Cli;

/// <summary>What a command says, and when it begins to.</summary>
internal sealed class FirstLine : StringWriter
{
    private readonly TaskCompletionSource _said = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends with the first line, or when the command is over.</summary>
    public Task Or(Task command) => Task.WhenAny(_said.Task, command);

    public override void WriteLine(string? value)
    {
        base.WriteLine(value);
        _said.TrySetResult();
    }
}
