using System.CommandLine;
using Pagoda.Cli.Commands.Generate;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Prompts;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Style;
using Pagoda.Models.Clip;
using Pagoda.Models.Lpips;
using Pagoda.Models.Style;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands;

/// <summary><c>style</c>: gives a picture a style that is said in words.</summary>
internal sealed class StyleCommand : IPagodaCommand
{
    private const string Emoji = "emoji";
    private readonly Argument<string> _picture = new("picture") { Description = "The picture." };
    private readonly Argument<string?> _style = new("style") { Description = "The style, in words; not with --network.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _out = new("--out", "-o") { Description = "The PNG file; from picture and style by default." };
    private readonly Option<bool> _force = new("--force") { Description = "Replace files that exist." };
    private readonly Option<string?> _critic = new("--critic") { Description = "The CLIPs that judge the style, as NAME[:WEIGHT],…; the embedded one by default." };
    private readonly Option<string?> _vgg = new("--vgg") { Description = "LPIPS' weights with VGG16's, whose features keep what the picture shows; without them those of --features." };
    private readonly Option<string> _features = new("--features") { Description = "A CLIP with convolutions, whose features keep what the picture shows.", DefaultValueFactory = _ => Emoji };
    private readonly Option<string[]> _also = new("--also") { Description = "More pictures to train the network on, so that it suits others too.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _save = new("--save") { Description = "Keep the trained network." };
    private readonly Option<string?> _network = new("--network") { Description = "A network that --save kept: the picture gets its style in one pass." };
    private readonly Option<int?> _size = new("--size") { Description = "Side of the picture in pixels; 256 by default." };
    private readonly Option<int?> _steps = new("--steps") { Description = "Gradient steps; 100 by default." };
    private readonly Option<string?> _source = new("--source") { Description = "What the picture is before, in words, or several with | between; the middle of some kinds of picture by default." };
    private readonly Option<double?> _content = new("--content") { Description = "Weight of keeping what the picture shows; 150 by default." };
    private readonly Option<double?> _rate = new("--learning-rate") { Description = "Adam's step size; 0.002 by default." };
    private readonly Option<int?> _patches = new("--patches") { Description = "Parts of the picture looked at in each step; 16 by default." };
    private readonly Option<bool> _published = new("--published") { Description = "CLIPstyler's own defaults, for CLIPs like ViT-B/32: 512 pixels, 200 steps, 64 parts, \"a photo\" before." };
    private readonly Option<ulong?> _seed = new("--seed") { Description = "The randomness; drawn and printed by default." };
    private readonly GenerateOptions _generate = new();

    public Command Build()
    {
        var command = new ExampleCommand(
            "style",
            "Give a picture a style that is said in words.",
            ("style photo.jpg \"watercolour\"", "Train a network for the style on this picture, and write photo-watercolour.png."),
            ("style photo.jpg \"fire\" --also photos/a.jpg photos/b.jpg --save fire.safetensors", "Train it on several, and keep it."),
            ("style other.jpg --network fire.safetensors", "Use it on another picture, in one pass."))
        {
            _picture, _style, _out, _force, _critic, _vgg, _features, _also, _save, _network, _size, _steps, _source, _content, _rate, _patches, _published, _seed,
            _generate.Device, _generate.Animate, _generate.Preview, _generate.PreviewAnywhere,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var (output, file, style) = (parsed.InvocationConfiguration.Output, parsed.GetRequiredValue(_picture), parsed.GetValue(_style));
        if (style is null == parsed.GetValue(_network) is null)
        {
            throw new UsageException("say a style, as in style photo.jpg \"watercolour\", or name a --network that has learnt one");
        }

        var device = _generate.DeviceOf(parsed);
        if (parsed.GetValue(_network) is { } kept)
        {
            Option[] training = [_critic, _vgg, _features, _also, _save, _size, _steps, _source, _content, _rate, _patches, _published, _seed, _generate.Animate];
            if (training.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } idle)
            {
                throw new UsageException($"{idle.Name} is for training a network; with --network nothing is trained");
            }

            var (trained, name) = StyleNetworkFile.Load(kept, device);
            var target = Target(parsed, file, name);
            RefuseExisting(parsed, target);
            var picture = PictureFile.Load(file);
            PictureFile.Save(target, PictureFile.EncodePng(StyleTransfer.Apply(trained, picture)), parsed.GetValue(_force));
            output.WriteLine(target);
            return ExitCodes.Success;
        }

        var options = Options(parsed);
        var names = (Picture: Target(parsed, file, style!), Network: parsed.GetValue(_save), Animation: parsed.GetValue(_generate.Animate));
        RefuseExisting(parsed, names.Picture, names.Network, names.Animation);
        List<Picture> contents = [.. (parsed.GetValue(_also) ?? []).Prepend(file).Select(path => PictureFile.Load(path))];
        using var critics = new LoadedCritics(parsed.GetValue(_critic) is { } given ? LoadedCritics.Parse(given) : [(Emoji, 1)], device);
        using var features = new Features(parsed.GetValue(_vgg), parsed.GetRequiredValue(_features), device, parsed.InvocationConfiguration.Error);
        var seed = parsed.GetValue(_seed) ?? GuidedGenerator.RandomSeed();
        var network = new StyleNetwork(Weights.Initialize(seed, device));
        var terminal = Terminal.IsTerminal(parsed.InvocationConfiguration.Error);
        var anywhere = parsed.GetValue(_generate.PreviewAnywhere);
        var display = new PaintingDisplay(parsed.InvocationConfiguration.Error, terminal || anywhere, anywhere || (parsed.GetValue(_generate.Preview) && terminal));
        var frames = new FrameCollector();
        await foreach (var frame in new StyleTransfer(critics.All!, features.Of, options).Train(network, contents, style!, seed, cancel))
        {
            if (!frame.IsLast)
            {
                if (names.Animation is not null)
                {
                    frames.Add(frame.Step, frame.Picture);
                }

                display.Show(frame, 1);
                continue;
            }

            display.Clear();
            PictureFile.Save(names.Picture, PictureFile.EncodePng(frame.Picture, [new("parameters", $"{style}, over {file}, seed {seed}")]), parsed.GetValue(_force));
            var ended = frame.IsInterrupted ? $"  interrupted after step {frame.Step} of {frame.Steps}" : "";
            output.WriteLine($"{names.Picture}  style  seed {seed}  energy {frame.Energy:0.000}  {Terminal.Duration(frame.Elapsed)}{ended}");
            if (names.Animation is not null)
            {
                PictureFile.Save(names.Animation, frames.Encode(frame.Picture), parsed.GetValue(_force));
            }
        }

        if (names.Network is not null)
        {
            StyleNetworkFile.Save(names.Network, network, style!, parsed.GetValue(_force));
            output.WriteLine(names.Network);
        }

        return cancel.IsCancellationRequested ? ExitCodes.Interrupted : ExitCodes.Success;
    }

    private StyleOptions Options(ParseResult parsed)
    {
        var own = parsed.GetValue(_published) ? StyleOptions.Published : new StyleOptions();
        var options = own with
        {
            Size = parsed.GetValue(_size) ?? own.Size,
            Steps = parsed.GetValue(_steps) ?? own.Steps,
            Source = parsed.GetValue(_source) ?? own.Source,
            ContentWeight = parsed.GetValue(_content) ?? own.ContentWeight,
            LearningRate = parsed.GetValue(_rate) ?? own.LearningRate,
            Patches = parsed.GetValue(_patches) ?? own.Patches,
        };
        try
        {
            options.Check();
        }
        catch (GenerationException problem)
        {
            throw new UsageException(problem.Message);
        }

        return options;
    }

    private void RefuseExisting(ParseResult parsed, params string?[] files)
    {
        if (!parsed.GetValue(_force) && files.FirstOrDefault(File.Exists) is { } there)
        {
            throw new UsageException($"{there} exists already; choose another name, or --force to replace it.");
        }
    }

    private string Target(ParseResult parsed, string file, string style) =>
        parsed.GetValue(_out) ?? $"{Path.GetFileNameWithoutExtension(file)}-{FileStem.Of(style)}.png";

    /// <summary>The features that keep what a picture shows, and a line that says whose they are where they are not VGG's.</summary>
    private sealed class Features : IDisposable
    {
        // The shallower maps would keep colours and strokes, which the style shall change.
        private const int Deepest = 2;

        private readonly LoadedClip? _clip;

        public Features(string? vgg, string clip, Device device, TextWriter error)
        {
            if (vgg is not null)
            {
                var lpips = LpipsLoader.Load(vgg, device);
                Of = pictures => [.. lpips.Features((pictures * 2) - 1).TakeLast(Deepest).Select(map => map / Math.Sqrt(map.Size(1)))];
                return;
            }

            _clip = ClipLoader.Load(clip, device);
            var maps = new FeatureMaps(_clip.Model);
            if (!maps.Any())
            {
                _clip.Dispose();
                throw new UsageException($"--features {clip} has no feature maps: it is a transformer; name a CLIP with a ConvNeXt or ResNet tower, or VGG's weights in --vgg.");
            }

            error.WriteLine($"style: what the picture shows is kept by the feature maps of {_clip.Name}; --vgg names better ones.");
            Of = pictures => [.. maps.AtOwnSize(pictures).TakeLast(Deepest)];
        }

        public Func<Tensor, IReadOnlyList<Tensor>> Of { get; }

        public void Dispose() => _clip?.Dispose();
    }
}
