using System.CommandLine;
using Pagoda.Cli.Commands.Generate;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Provenance;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands;

/// <summary><c>replay</c>: paints a picture again from the record in its file, and compares.</summary>
internal sealed class ReplayCommand : IPagodaCommand
{
    private readonly Argument<FileInfo> _picture = new("picture") { Description = "A PNG that generate wrote." };
    private readonly Option<string?> _out = new("--out", "-o") { Description = "Write the new picture." };
    private readonly Option<bool> _force = new("--force") { Description = "Replace a file that exists." };
    private readonly Option<string?> _model = new("--model") { Description = "Another place of the same weights." };
    private readonly GenerateOptions _generate = new();

    public Command Build()
    {
        var command = new ExampleCommand(
            "replay",
            "Paint a picture again from the record in its file, and say whether it is the same to the bit.",
            ("replay apple.png", "Say \"identical\", or what differs (exit code 1)."),
            ("replay apple.png --out again.png", "Keep the new picture too."))
        {
            _picture, _out, _force, _model, _generate.Device,
        };
        _generate.Loading.All.ToList().ForEach(command.Add);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var file = parsed.GetRequiredValue(_picture);
        if (!file.Exists)
        {
            throw new UsageException($"{file} does not exist.");
        }

        var png = await File.ReadAllBytesAsync(file.FullName, cancel);
        var record = PaintingRecord.FromPng(png, file.Name);
        var request = record.ToRequest(file.DirectoryName!);
        var output = parsed.InvocationConfiguration.Output;
        var (device, drawn) = (_generate.DeviceOf(parsed), record.ClipGen);
        using var painter = Painter.Load(parsed.GetValue(_model) ?? record.ModelSource, device, _generate.Loading.Of(parsed), drawn?.Gpt.Source, (drawn?.Vqgan ?? record.Latents?.Vqgan)?.Source, record.Diffusion?.Network.Source);
        // Records of format 2 have CLIP-GEN's critic in another place.
        var judges = record.Critics ?? (drawn?.Critic is { Source: { } judge } old ? [new CriticRecord(judge, old.Sha256, 1)] : null);
        using var critics = new LoadedCritics(judges?.Select(one => (one.Source, one.Weight)), device);
        using var refiner = drawn?.Refiner?.Source is { } other ? Painter.Load(other, device) : null;
        if (drawn is not null)
        {
            request = request with { Refiner = refiner };
        }

        request = painter.Complete(request with { Critics = critics.All });
        if (painter.Clip.Hash != record.ModelHash)
        {
            output.WriteLine($"different model: {file.Name} was painted by {record.Model} with SHA-256 {record.ModelHash[..12]}, and {painter.Clip.Name} here has {painter.Clip.ShortHash}");
            return ExitCodes.Failure;
        }

        if (judges?.Zip(critics.All!).FirstOrDefault(pair => pair.First.Sha256 != pair.Second.File!.Sha256).First is { } swapped)
        {
            output.WriteLine($"different critic: {file.Name} was painted with another {swapped.Source} than the one here");
            return ExitCodes.Failure;
        }

        if (record.Diffusion is { } diffusion && painter.DiffusionNetwork().Sha256 != diffusion.Network.Sha256)
        {
            output.WriteLine($"different denoising network: {file.Name} was painted with another than the one here");
            return ExitCodes.Failure;
        }

        if (record.Latents is { } latents && painter.VqganRecord().Sha256 != latents.Vqgan.Sha256)
        {
            output.WriteLine($"different VQGAN: {file.Name} was painted with another than the one here");
            return ExitCodes.Failure;
        }

        if (drawn is not null && painter.NetworksOf(request).DifferencesFrom(drawn).FirstOrDefault() is { } changed)
        {
            output.WriteLine($"different {changed}: {file.Name} was painted with another than the one here");
            return ExitCodes.Failure;
        }

        Frame? last = null;
        var display = new PaintingDisplay(parsed.InvocationConfiguration.Error, Terminal.IsTerminal(parsed.InvocationConfiguration.Error), picture: false);
        await foreach (var frame in painter.GeneratorFor(request).GenerateAsync(request with { FrameEvery = 1 }, cancel))
        {
            last = frame;
            display.Show(frame, 1);
        }

        display.Clear();
        cancel.ThrowIfCancellationRequested();
        var again = record.Enlarge(last!.Picture);
        if (parsed.GetValue(_out) is { } path)
        {
            var texts = painter.Record(request, last, ProductVersion.Text) with
            {
                Init = record.Init, Mask = record.Mask, Scale = record.Scale, ScaleFilter = record.ScaleFilter,
            };
            PictureFile.Save(path, PictureFile.EncodePng(again, texts.ToPngTexts()), parsed.GetValue(_force));
        }

        if (Difference(PictureFile.Decode(png, file.Name).ToRgb(), again) is { } difference)
        {
            output.WriteLine($"different: {difference}{Surroundings(record, painter)}");
            return ExitCodes.Failure;
        }

        output.WriteLine("identical");
        return ExitCodes.Success;
    }

    internal static string? Difference(Picture before, Picture again)
    {
        if ((before.Width, before.Height) != (again.Width, again.Height))
        {
            return $"the file has {before.Width} x {before.Height} pixels, painted again {again.Width} x {again.Height}";
        }

        var changed = Enumerable.Range(0, before.Width * before.Height)
            .Select(pixel => Enumerable.Range(3 * pixel, 3).Max(at => Math.Abs(before.Pixels[at] - again.Pixels[at]))).Where(change => change > 0).ToList();
        return changed.Count == 0 ? null : $"{changed.Count} of {before.Width * before.Height} pixels, by up to {changed.Max()} of 255";
    }

    // What may explain that it came out otherwise.
    private static string Surroundings(PaintingRecord record, Painter painter)
    {
        var (device, torch, threads, version) = (painter.Clip.Model.Device.ToString(), LibTorch.Version, LibTorch.Threads, ProductVersion.Text);
        List<string> changes = [];
        Compare("device", record.Device, device);
        Compare("libtorch", record.LibTorch, torch);
        Compare("threads", $"{record.Threads}", $"{threads}");
        Compare("pagoda", record.Version, version);
        return changes.Count == 0 ? "" : $"; {string.Join(", ", changes)}";

        void Compare(string what, string then, string now)
        {
            if (then != now)
            {
                changes.Add($"{what} was {then} and is {now}");
            }
        }
    }
}
