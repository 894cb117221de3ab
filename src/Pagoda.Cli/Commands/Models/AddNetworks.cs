using System.CommandLine;
using Pagoda.Models.Captioner;
using Pagoda.Models.Diffusion;
using Pagoda.Models.Gpt;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands.Models;

/// <summary><c>models add</c>: puts CLIP-GEN's networks, a denoising one or a captioner beside a CLIP.</summary>
internal static class AddNetworks
{
    public static Command Build()
    {
        var folder = new Argument<DirectoryInfo>("folder") { Description = "The CLIP's folder." };
        var vqgan = new Option<string?>("--vqgan") { Description = "The VQGAN: a name, a folder or a file." };
        var gpt = new Option<string?>("--gpt") { Description = "The transformer." };
        var diffusion = new Option<string?>("--diffusion") { Description = "A denoising network." };
        var captioner = new Option<string?>("--captioner") { Description = "A captioner that was trained with the CLIP's tokenizer." };
        var type = new Option<string>("--dtype") { Description = "Element type to write.", HelpName = "type", DefaultValueFactory = _ => "float16" };
        type.AcceptOnlyFromAmong([.. ConvertModel.Types.Keys]);
        var force = new Option<bool>("--force") { Description = "Replace networks that the folder has." };
        var command = new ExampleCommand(
            "add",
            "Put a VQGAN, a transformer, a denoising network or a captioner into a CLIP's folder, for what needs them.",
            ("models add models/emoji --vqgan runs/vqgan --gpt runs/gpt", "What training has left, at half the size."))
        {
            folder, vqgan, gpt, diffusion, captioner, type, force,
        };
        command.SetAction((parsed, _) => Task.Run(
            () =>
            {
                var target = parsed.GetRequiredValue(folder);
                if (!File.Exists(Path.Combine(target.FullName, "config.json")))
                {
                    throw new UsageException($"{target} is no model's folder: there is no config.json in it");
                }

                var (tokens, writer, denoiser, judge, stored) = (parsed.GetValue(vqgan), parsed.GetValue(gpt), parsed.GetValue(diffusion), parsed.GetValue(captioner), ConvertModel.Types[parsed.GetRequiredValue(type)]);
                if ((tokens ?? writer ?? denoiser ?? judge) is null)
                {
                    throw new UsageException("name what to add, with --vqgan, --gpt, --diffusion or --captioner");
                }

                string?[] files = [tokens is null ? null : VqganLoader.FileName, writer is null ? null : GptSaver.FileName, denoiser is null ? null : DiffusionLoader.FileName, judge is null ? null : CaptionerLoader.FileName];
                if (!parsed.GetValue(force) && files.OfType<string>().FirstOrDefault(file => File.Exists(Path.Combine(target.FullName, file))) is { } there)
                {
                    throw new UsageException($"{target} has a {there} already; replace it with --force");
                }

                Add(target.FullName, tokens, writer, denoiser, judge, stored);
                foreach (var file in files.OfType<string>().Select(file => new FileInfo(Path.Combine(target.FullName, file))))
                {
                    parsed.InvocationConfiguration.Output.WriteLine($"{file}: {Terminal.Bytes(file.Length)}");
                }

                return ExitCodes.Success;
            },
            CancellationToken.None));
        return command;
    }

    private static void Add(string folder, string? vqgan, string? gpt, string? diffusion, string? captioner, ScalarType type)
    {
        // All are read before one is written.
        using var tokens = vqgan is null ? null : VqganLoader.Load(vqgan, Device.Cpu);
        using var writer = gpt is null ? null : GptLoader.Load(gpt, Device.Cpu);
        using var denoiser = diffusion is null ? null : DiffusionLoader.Load(diffusion, Device.Cpu);
        using var judge = captioner is null ? null : CaptionerLoader.Load(captioner, Device.Cpu);
        if (tokens is not null && writer is not null && writer.Model.Config.VocabularySize != tokens.Model.Config.CodebookSize)
        {
            throw new InvalidDataException(
                $"{gpt} draws from {writer.Model.Config.VocabularySize} tokens, and the codebook of {vqgan} has {tokens.Model.Config.CodebookSize}: they do not belong together.");
        }

        if (tokens is not null)
        {
            VqganSaver.Save(folder, tokens.Model, type: type);
        }

        if (writer is not null)
        {
            GptSaver.Save(folder, writer.Model, type);
        }

        if (denoiser is not null)
        {
            DiffusionSaver.Save(folder, denoiser.Model, type: type);
        }

        if (judge is not null)
        {
            CaptionerSaver.Save(folder, judge.Model, judge.Tokenizer, type: type);
        }
    }
}
