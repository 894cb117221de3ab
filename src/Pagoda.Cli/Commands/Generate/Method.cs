using Pagoda.Generation;
using Spectre.Console;

namespace Pagoda.Cli.Commands.Generate;

/// <summary>The ways to make pictures, as <c>--method</c> takes them and <c>--list</c> shows them.</summary>
internal static class Method
{
    /// <summary>The method of that name.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static PaintMethod Named(string name) => NamedMethod.Find(name) ?? throw new UsageException($"--method {name} is not known; there are {NamedMethod.Names}.");

    /// <summary>Writes all of them as a table.</summary>
    public static void Write(TextWriter output)
    {
        var table = Terminal.Columns("--method", "what moves", "after", "needs beside a CLIP");
        foreach (var method in NamedMethod.All)
        {
            table.AddRow(method.Name, method.Moves, method.After, method.Needs);
        }

        Terminal.Rich(output).Write(table);
    }
}
