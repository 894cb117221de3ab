using System.CommandLine;
using Pagoda.Formats.Checkpoints;
using Pagoda.Models.Catalogue;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands.Models;

/// <summary><c>models convert</c>.</summary>
internal static class ConvertModel
{
    internal static readonly Dictionary<string, ScalarType> Types = new()
    {
        ["float32"] = ScalarType.Float32,
        ["float16"] = ScalarType.Float16,
        ["bfloat16"] = ScalarType.BFloat16,
    };

    public static Command Build()
    {
        var source = new Argument<string>("name|file") { Description = "A pulled model, or a file or folder of weights." };
        var target = new Argument<string>("out") { Description = "The file to write, OUT.safetensors." };
        var type = new Option<string>("--dtype") { Description = "Element type of the floating-point tensors; without it theirs is kept.", HelpName = "type" };
        type.AcceptOnlyFromAmong([.. Types.Keys]);
        var half = new Option<bool>("--half") { Description = "The same as --dtype float16." };
        var force = new Option<bool>("--force") { Description = "Replace OUT if it exists." };
        var command = new ExampleCommand(
            "convert",
            "Write weights as safetensors; nothing in the source is run.",
            ("models convert CLIPAG_ViTB32.pt clipag.safetensors", "Keep the weights alone; optimiser and epoch are left behind."),
            ("models convert openai-vit-b-32 vit.safetensors --dtype bfloat16", "Half the size, the range of float32."))
        {
            source, target, type, half, force,
        };
        command.SetAction((parsed, cancellation) => Task.Run(
            () => Run(
                parsed.InvocationConfiguration.Output,
                ModelSource.Resolve(parsed.GetRequiredValue(source), ModelCache.Default()),
                parsed.GetRequiredValue(target),
                Choose(parsed.GetValue(type), parsed.GetValue(half)),
                parsed.GetValue(force),
                cancellation),
            CancellationToken.None));
        return command;
    }

    private static ScalarType? Choose(string? type, bool half) => (type, half) switch
    {
        (null, false) => null,
        (null or "float16", true) => ScalarType.Float16,
        (_, true) => throw new UsageException($"--half and --dtype {type} contradict each other"),
        _ => Types[type],
    };

    private static void Run(TextWriter output, ModelSource source, string target, ScalarType? type, bool force, CancellationToken cancellation)
    {
        if (!target.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException($"{target} must end in .safetensors, which is what will be in it");
        }

        var file = source.RequireFile();
        using var archive = CheckpointFile.Open(file);
        var metadata = new Dictionary<string, string>(archive.Metadata) { ["converted_from"] = Path.GetFileName(file), ["format"] = "pt" };
        foreach (var (key, value) in new[] { ("architecture", source.Entry?.Architecture), ("activation", source.Entry?.Activation), ("source", source.Entry?.Source.AbsoluteUri) })
        {
            if (value is not null)
            {
                metadata[key] = value;
            }
        }

        CheckpointConversion.Run(archive, target, type, metadata, force, cancellation);
        output.WriteLine($"{target}: {archive.Entries.Count} tensors, {Terminal.Bytes(new FileInfo(target).Length)}");
    }
}
