namespace Pagoda.Generation;

/// <summary>A way to make pictures, by the name that people know it by.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Method">What it is.</param>
/// <param name="Moves">What changes until the picture matches.</param>
/// <param name="After">Whose work it is.</param>
/// <param name="Needs">What it needs beside a CLIP.</param>
public sealed record NamedMethod(string Name, PaintMethod Method, string Moves, string After, string Needs)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<NamedMethod> All { get; } =
    [
        new("pixels", PaintMethod.Pixels, "pixels, along the gradient of robust CLIPs", "CLIPAG, CLIP-JEM", "-"),
        new("clip-gen", PaintMethod.ClipGen, "nothing: a transformer draws tokens, a CLIP chooses", "CLIP-GEN", "gpt.safetensors, vqgan.safetensors"),
        new("draw", PaintMethod.Strokes, "points, widths and colours of strokes; writes an SVG too", "CLIPDraw", "-"),
        new("vqgan", PaintMethod.Latents, "a VQGAN's codes", "VQGAN+CLIP", "vqgan.safetensors"),
        new("diffusion", PaintMethod.Diffusion, "the noise that a denoising network takes away", "guided diffusion", "diffusion.safetensors"),
    ];

    /// <summary>The names, as a sentence has them.</summary>
    public static string Names { get; } = $"{string.Join(", ", All.SkipLast(1).Select(method => method.Name))} and {All[^1].Name}";

    /// <summary>The method of that name, or null.</summary>
    public static PaintMethod? Find(string name) => All.FirstOrDefault(method => method.Name == name)?.Method;

    /// <summary>What a request is made by, with what follows it: "clip-gen + energy".</summary>
    /// <param name="request">As <see cref="Painter.Complete"/> gave it.</param>
    public static string NameOf(GenerationRequest request)
    {
        var name = NameOf(request.Method!.Value);
        name = request.Method == PaintMethod.Pixels ? request.Recipe!.Name : request.Refine == true ? $"{name} + {request.Recipe!.Name}" : name;
        return request.Draft ? $"{NameOf(PaintMethod.ClipGen)} + {name}" : name;
    }

    /// <summary>The name of a method.</summary>
    public static string NameOf(PaintMethod method) => All.First(one => one.Method == method).Name;
}
