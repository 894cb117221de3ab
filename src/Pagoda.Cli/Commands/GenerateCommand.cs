using System.CommandLine;
using System.Text;
using Pagoda.Cli.Commands.Generate;
using Pagoda.Formats;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Prompts;
using Pagoda.Generation.Provenance;
using Pagoda.Generation.Strokes;

namespace Pagoda.Cli.Commands;

/// <summary><c>generate</c>: paints pictures from a prompt.</summary>
internal sealed class GenerateCommand : IPagodaCommand
{
    private readonly GenerateOptions _options = new();

    public Command Build()
    {
        var command = new ExampleCommand(
            "generate",
            "Paint a picture of a sentence.",
            ("generate \"a red apple\"", "Make an apple, in the way that is best with the model, as a-red-apple-SEED.png."),
            ("generate \"a red apple\" --seed 1 --out apple.png --preview", "Paint this very apple, and watch."),
            ("generate \"a cat:1 | oil painting:0.4\" --negative \"blurry\" --count 9 --grid", "Paint nine, and lay them side by side."),
            ("generate \"a red apple\" --method clip-gen --grid", "Draw four with CLIP-GEN."),
            ("generate \"a red apple\" --method clip-gen --refine clip-jem", "Draft them, and paint over them."),
            ("generate \"a red apple\" --method draw --strokes 64", "Draw with 64 strokes, as SVG and PNG."),
            ("generate --list", "Show the ways to make a picture."),
            ("generate --image apple.png --method clip-gen", "Four variations of a picture."),
            ("generate \"a blue house\" --init house.png --strength 0.5 --mask walls.png", "Paint over a part of a picture."));
        command.Add(_options.Prompt);
        _options.All.ToList().ForEach(command.Add);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        if (parsed.GetValue(_options.List))
        {
            Method.Write(parsed.InvocationConfiguration.Output);
            return ExitCodes.Success;
        }

        var (gpt, vqgan, diffusion) = _options.Drawing.Sources(parsed);
        using var painter = Painter.Load(parsed.GetValue(_options.Model)!, parsed.GetValue(_options.Device) is null ? null : _options.DeviceOf(parsed), _options.Loading.Of(parsed), gpt, vqgan, diffusion);
        var others = new Stack<IDisposable>();
        try
        {
            return await PaintAsync(parsed, painter, _options.Request(parsed, painter, others), cancel);
        }
        finally
        {
            while (others.TryPop(out var other))
            {
                other.Dispose();
            }
        }
    }

    private async Task<int> PaintAsync(ParseResult parsed, Painter painter, GenerationRequest request, CancellationToken cancel)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var session = new Session(painter, request, parsed, _options);
        session.CheckNames();
        var onTerminal = Terminal.IsTerminal(error);
        var shown = parsed.GetValue(_options.PreviewAnywhere) || (parsed.GetValue(_options.Preview) && onTerminal);
        var display = new PaintingDisplay(error, onTerminal || parsed.GetValue(_options.PreviewAnywhere), shown);
        List<Painted> painted = [];
        await foreach (var frame in painter.GeneratorFor(request).GenerateAsync(request with { StartProgress = shown ? display : null }, cancel))
        {
            if (!frame.IsLast)
            {
                session.Keep(frame);
                display.Show(frame, request.Count);
                continue;
            }

            display.Clear();
            var one = session.Save(frame);
            painted.Add(one);
            if (!parsed.GetValue(_options.Json))
            {
                var ended = frame.IsInterrupted ? $"  interrupted after step {frame.Step} of {frame.Steps}" : "";
                output.WriteLine($"{one.File}  {one.Method}  seed {one.Seed}  energy {one.Energy:0.000}  {Terminal.Duration(frame.Elapsed)}{ended}");
            }
        }

        if (session.SaveGrid() is { } grid && !parsed.GetValue(_options.Json))
        {
            output.WriteLine(grid);
        }

        if (parsed.GetValue(_options.Json))
        {
            Terminal.WriteJson(output, painted);
        }

        return cancel.IsCancellationRequested ? ExitCodes.Interrupted : ExitCodes.Success;
    }

    /// <summary>A picture that was written, for --json.</summary>
    private sealed record Painted(string File, string? Animation, string Method, ulong Seed, double Energy, int Steps, double Seconds, bool Interrupted);

    /// <summary>The files of one run.</summary>
    private sealed class Session(Painter painter, GenerationRequest request, ParseResult parsed, GenerateOptions options)
    {
        private readonly bool _force = parsed.GetValue(options.Force);
        private readonly PictureNames _names = new(request.Prompt, parsed.GetValue(options.Out), request.Count > 1, parsed.GetValue(options.Force));
        private readonly string? _animation = parsed.GetValue(options.Animate);
        private readonly int? _saveEvery = parsed.GetValue(options.SaveEvery);
        private readonly List<Picture> _finished = [];
        private FrameCollector _frames = new();
        private string? _file;

        public void CheckNames()
        {
            if (_animation is not null && IsDrawing(_animation) && request.Method != PaintMethod.Strokes)
            {
                throw new UsageException($"--animate {_animation}: only --method draw makes drawings; name a .webp");
            }

            var seeds = Enumerable.Range(0, request.Count).Select(i => unchecked(request.Seed!.Value + (ulong)i)).ToList();
            var drawings = request.Method == PaintMethod.Strokes && parsed.GetValue(options.Out) is not null ? seeds.Select(seed => PictureNames.With(_names.Of(seed), "", ".svg")) : [];
            if (request.Method == PaintMethod.Strokes && seeds.Any(seed => AnimationOf(seed) == PictureNames.With(_names.Of(seed), "", ".svg")))
            {
                throw new UsageException($"--animate {_animation} is the name of the finished drawing beside the picture; choose another");
            }

            _names.Check(seeds, [.. seeds.Select(AnimationOf), .. drawings]);
        }

        public void Keep(Frame frame)
        {
            if (_animation is not null)
            {
                _frames.Add(frame.Step, frame.Picture);
            }

            if (_saveEvery is { } every && frame.Step % every == 0)
            {
                _file ??= _names.Of(frame.Seed);
                var text = RecordOf(frame with { IsInterrupted = true }).ToParameters();
                Write(PictureNames.With(_file, $"-step-{frame.Step:0000}", ".png"), frame.Picture, [new(PaintingRecord.ParametersKeyword, text)]);
            }
        }

        public Painted Save(Frame frame)
        {
            var file = _file ?? _names.Of(frame.Seed);
            var record = RecordOf(frame);
            var picture = record.Enlarge(frame.Picture);
            Write(file, picture, record.ToPngTexts());
            if (frame.Svg is { } svg)
            {
                WriteText(PictureNames.With(file, "", ".svg"), svg);
            }

            _finished.Add(picture);
            var animation = AnimationOf(frame.Seed);
            if (animation is not null && IsDrawing(animation))
            {
                WriteText(animation, StrokeSvg.Animate(frame.Svg!));
            }
            else if (animation is not null)
            {
                PictureFile.Save(animation, _frames.Encode(frame.Picture), _force);
            }

            (_file, _frames) = (null, new FrameCollector());
            return new Painted(file, animation, NamedMethod.NameOf(request), frame.Seed, frame.Energy, frame.Step, Math.Round(frame.Elapsed.TotalSeconds, 3), frame.IsInterrupted);
        }

        public string? SaveGrid()
        {
            if (!parsed.GetValue(options.Grid) || _finished.Count < 2)
            {
                return null;
            }

            var file = PictureNames.With(parsed.GetValue(options.Out) ?? $"{FileStem.Of(request.Prompt)}-{request.Seed}.png", "-grid", ".png");
            Write(file, PictureGrid.Lay(_finished), [new(PaintingRecord.ParametersKeyword, request.Prompt)]);
            return file;
        }

        private string? AnimationOf(ulong seed) =>
            _animation is null ? null : request.Count > 1 ? PictureNames.With(_animation, $"-{seed}") : _animation;

        private PaintingRecord RecordOf(Frame frame)
        {
            var record = painter.Record(request, frame, ProductVersion.Text, parsed.GetValue(options.Init), parsed.GetValue(options.Mask));
            var scale = parsed.GetValue(options.Scale);
            return scale == 1 ? record : record with { Scale = scale, ScaleFilter = parsed.GetValue(options.ScaleFilter) };
        }

        private static bool IsDrawing(string file) => Path.GetExtension(file).Equals(".svg", StringComparison.OrdinalIgnoreCase);

        private void WriteText(string file, string text) => AtomicFile.Write(file, _force, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

        private void Write(string file, Picture picture, IEnumerable<PngText> texts) =>
            PictureFile.Save(file, PictureFile.EncodePng(picture, texts), _force);
    }
}
