using Pagoda.Generation;
using Spectre.Console;

namespace Pagoda.Cli.Commands.Generate;

/// <summary>A way to make pictures, as <c>--method</c> names it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Method">What it is.</param>
/// <param name="Moves">What changes until the picture matches.</param>
/// <param name="After">Whose work it is.</param>
/// <param name="Needs">What it needs beside a CLIP.</param>
internal sealed record Method(string Name, PaintMethod PaintMethod, string Moves, string After, string Needs)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Method> All { get; } =
    [
        new("pixels", PaintMethod.Pixels, "pixels, along the gradient of robust CLIPs", "CLIPAG, CLIP-JEM", "-"),
        new("clip-gen", PaintMethod.ClipGen, "nothing: a transformer draws tokens, a CLIP chooses", "CLIP-GEN", "gpt.safetensors, vqgan.safetensors"),
        new("draw", PaintMethod.Strokes, "points, widths and colours of strokes; writes an SVG too", "CLIPDraw", "-"),
        new("vqgan", PaintMethod.Latents, "a VQGAN's codes", "VQGAN+CLIP", "vqgan.safetensors"),
        new("diffusion", PaintMethod.Diffusion, "the noise that a denoising network takes away", "guided diffusion", "diffusion.safetensors"),
    ];

    /// <summary>The names, as a sentence has them.</summary>
    public static string Names { get; } = $"{string.Join(", ", All.SkipLast(1).Select(method => method.Name))} and {All[^1].Name}";

    /// <summary>The method of that name.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static PaintMethod Named(string name) => All.FirstOrDefault(method => method.Name == name)?.PaintMethod
        ?? throw new UsageException($"--method {name} is not known; there are {Names}.");

    /// <summary>What a request is made by, with what follows it.</summary>
    public static string NameOf(GenerationRequest request)
    {
        var name = All.First(method => method.PaintMethod == request.Method).Name;
        name = request.Method == PaintMethod.Pixels ? request.Recipe!.Name : request.Refine == true ? $"{name} + {request.Recipe!.Name}" : name;
        return request.Draft ? $"{All.First(method => method.PaintMethod == PaintMethod.ClipGen).Name} + {name}" : name;
    }

    /// <summary>Writes all of them as a table.</summary>
    public static void Write(TextWriter output)
    {
        var table = Terminal.Columns("--method", "what moves", "after", "needs beside a CLIP");
        foreach (var method in All)
        {
            table.AddRow(method.Name, method.Moves, method.After, method.Needs);
        }

        Terminal.Rich(output).Write(table);
    }
}
