using System.CommandLine;
using Pagoda.Cli.Commands.Compare;
using Pagoda.Formats.Images;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands.Vqgan;

/// <summary><c>vqgan encode</c>: pictures into a file of tokens.</summary>
internal sealed class EncodePictures
{
    private readonly PictureInputs _inputs = new();
    private readonly VqganOptions _options = new();

    public Command Build()
    {
        _options.Out.Description = "The file of tokens to write.";
        var command = new ExampleCommand(
            "encode",
            "Turn pictures into tokens.",
            ("vqgan encode photos --model vqgan-imagenet-f16-16384 --out tokens.safetensors", "A folder of pictures, cut to squares of the model's size."),
            ("vqgan encode wide.png --keep-size --model vqgan-imagenet-f16-16384 --out tokens.safetensors", "One picture at its own size."))
        {
            _inputs.Argument,
        };
        _inputs.Options.Concat(_options.All).ToList().ForEach(command.Add);
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        var (output, batch) = (parsed.GetRequiredValue(_options.Out), _options.Batch(parsed));
        var files = _inputs.Files(parsed);
        _options.CheckOutputs(parsed, [output]);
        using var vqgan = _options.Load(parsed);
        var config = vqgan.Model.Config;
        var read = _inputs.Reader(parsed, config.Resolution, config.Factor);
        var progress = new ProgressLine(parsed.InvocationConfiguration.Error, "encode", files.Count);
        var tokens = new List<int>();
        var usage = new CodebookUsage(config.CodebookSize);
        (int Width, int Height, string File)? first = null;
        foreach (var part in files.Chunk(batch))
        {
            cancel.ThrowIfCancellationRequested();
            var pictures = part.AsParallel().AsOrdered().Select(read).ToList();
            for (var i = 0; i < part.Length; i++)
            {
                first ??= (pictures[i].Width, pictures[i].Height, part[i]);
                if ((pictures[i].Width, pictures[i].Height) != (first.Value.Width, first.Value.Height))
                {
                    throw new PictureException(
                        $"{part[i]} is {pictures[i].Width} x {pictures[i].Height} pixels, {first.Value.File} {first.Value.Width} x {first.Value.Height}; one file holds grids of one size: leave out --keep-size, or encode them apart.");
                }
            }

            using var scope = new TensorScope();
            using var inference = new InferenceMode();
            var codes = vqgan.Model.EncodeTokens(PictureInputs.Pixels(pictures, vqgan.Model.Device)).ToArray<long>();
            usage.Add(codes);
            tokens.AddRange(codes.Select(code => (int)code));
            progress.Show(tokens.Count / (codes.Length / part.Length), tokens.Count / (codes.Length / part.Length));
        }

        var (height, width) = (first!.Value.Height / config.Factor, first.Value.Width / config.Factor);
        new TokenFile([.. tokens], height, width, [.. files.Select(file => Path.GetFileName(file))], vqgan.CodebookHash, config.CodebookSize, config.Factor)
            .Write(output, _options.Force(parsed));
        parsed.InvocationConfiguration.Output.WriteLine(FormattableString.Invariant(
            $"{files.Count} pictures as {height} x {width} tokens in {output}; {usage.Used} of {config.CodebookSize} codes used, perplexity {usage.Perplexity:0.0}"));
        return ExitCodes.Success;
    }
}
