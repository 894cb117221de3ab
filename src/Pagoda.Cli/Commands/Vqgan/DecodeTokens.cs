using System.CommandLine;
using Pagoda.Cli.Commands.Compare;
using Pagoda.Formats.Images;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands.Vqgan;

/// <summary><c>vqgan decode</c>: a file of tokens into PNGs.</summary>
internal sealed class DecodeTokens
{
    private readonly Argument<string> _tokens = new("tokens") { Description = "A file that vqgan encode wrote." };
    private readonly VqganOptions _options = new();

    public Command Build()
    {
        _options.Out.Description = "The folder to write PNGs into.";
        var command = new ExampleCommand(
            "decode",
            "Turn tokens into pictures.",
            ("vqgan decode tokens.safetensors --model vqgan-imagenet-f16-16384 --out pictures", "A PNG for each picture that was encoded, under its name."))
        {
            _tokens,
        };
        _options.All.ToList().ForEach(command.Add);
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        var (path, folder, batch) = (parsed.GetRequiredValue(_tokens), parsed.GetRequiredValue(_options.Out), _options.Batch(parsed));
        var file = TokenFile.Read(path);
        if (file.Names.FirstOrDefault(name => name.Length == 0 || Path.GetFileName(name) != name) is { } odd)
        {
            throw new InvalidDataException($"{path} names a picture '{odd}', which is no plain file name.");
        }

        List<string> outputs = [.. file.Names.Select(name => Path.Combine(folder, Path.GetFileNameWithoutExtension(name) + ".png"))];
        _options.CheckOutputs(parsed, outputs);
        using var vqgan = _options.Load(parsed);
        file.ThrowIfNotOf(path, vqgan);
        var progress = new ProgressLine(parsed.InvocationConfiguration.Error, "decode", outputs.Count);
        var grid = file.Height * file.Width;
        long[] tokens = [.. file.Tokens.Select(token => (long)token)];
        for (var at = 0; at < outputs.Count; at += batch)
        {
            cancel.ThrowIfCancellationRequested();
            var count = Math.Min(batch, outputs.Count - at);
            using var scope = new TensorScope();
            using var inference = new InferenceMode();
            var codes = Tensor.From(tokens.AsSpan(at * grid, count * grid), count, file.Height, file.Width).To(device: vqgan.Model.Device);
            var pictures = PictureInputs.Pictures(vqgan.Model.DecodeTokens(codes));
            for (var i = 0; i < count; i++)
            {
                PictureFile.Save(outputs[at + i], PictureFile.EncodePng(pictures[i]), _options.Force(parsed));
            }

            progress.Show(at + count, at + count);
        }

        parsed.InvocationConfiguration.Output.WriteLine($"{outputs.Count} pictures in {folder}");
        return ExitCodes.Success;
    }
}
