using System.CommandLine;
using System.Globalization;
using Pagoda.Cli.Doctor;
using Spectre.Console;

namespace Pagoda.Cli.Commands;

/// <summary><c>doctor</c>: what this machine has, what is missing, and what to do about it.</summary>
internal sealed class DoctorCommand : IPagodaCommand
{
    public Command Build()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new ExampleCommand(
            "doctor",
            "Check libtorch, its BLAS, GPUs, codecs, models, memory and disk.",
            ("doctor", "Check this machine; exit code 1 when pictures could not be generated."),
            ("doctor --json", "The same for programs."))
        {
            json,
        };
        command.SetAction(parsed => Run(parsed.InvocationConfiguration.Output, parsed.GetValue(json), DoctorFacts.Read()));
        return command;
    }

    internal static int Run(TextWriter output, bool json, DoctorFacts facts)
    {
        var findings = Diagnosis.Of(facts);
        var healthy = findings.All(finding => finding.Severity != Severity.Fatal);
        if (json)
        {
            var named = findings.Select(finding => new { Severity = finding.Severity.ToString().ToLowerInvariant(), finding.What, finding.Remedy });
            Terminal.WriteJson(output, new { Healthy = healthy, Facts = facts, Findings = named });
        }
        else
        {
            Show(Terminal.Rich(output), facts, findings);
        }

        return healthy ? ExitCodes.Success : ExitCodes.Failure;
    }

    private static void Show(IAnsiConsole console, DoctorFacts facts, IReadOnlyList<Finding> findings)
    {
        var table = Terminal.Columns("", "");
        foreach (var (label, value) in Rows(facts))
        {
            table.AddRow($"[bold]{label}[/]", Markup.Escape(value));
        }

        console.Write(table);
        console.WriteLine();
        foreach (var finding in findings)
        {
            var (colour, sign) = finding.Severity == Severity.Fatal ? ("red", "x") : ("yellow", "!");
            console.MarkupLine($"[{colour}]{sign}[/] {Markup.Escape(finding.What)}");
            console.MarkupLine($"    -> {Markup.Escape(finding.Remedy)}");
        }

        if (findings.Count == 0)
        {
            console.MarkupLine("[green]Everything is as it should be.[/]");
        }
    }

    private static IEnumerable<(string Label, string Value)> Rows(DoctorFacts facts)
    {
        yield return ("pagoda", facts.Pagoda);
        yield return ("system", $"{facts.DotNet}, {facts.System}");
        var processor = facts.Processor;
        yield return ("processor", $"{processor.Name}, {processor.Cores} threads; {Listed(processor.Features)}");
        if (facts.Engine is { } engine)
        {
            yield return ("libtorch", $"{engine.Version}, {engine.Threads} threads{(engine.Kernels is { } kernels ? $", {kernels} kernels" : "")} ({engine.Library ?? "?"})");
            yield return ("BLAS", $"{engine.Blas ?? "inside libtorch"}{(engine.OpenMp is { } openMp ? $"; OpenMP {Path.GetFileName(openMp)}" : "")}");
            yield return ("bfloat16", engine.FastBFloat16 ? "fast on this processor" : "no faster than float32 on this processor");
            yield return ("CUDA", Cuda(engine));
            yield return ("distributed", engine.DistributedBackends.Count > 0 ? string.Join(", ", engine.DistributedBackends) : "this libtorch connects no processes");
        }

        if (facts.Codecs is { } codecs)
        {
            yield return ("codecs", string.Join(", ", codecs.Select(Path.GetFileName)));
        }

        yield return ("memory", $"{Terminal.Bytes(facts.Memory.Available)} free of {Terminal.Bytes(facts.Memory.Total)}");
        yield return ("disk", string.Join(", ", facts.Disks.Select(disk => $"{Terminal.Bytes(disk.Free)} free in {disk.Folder}")));
        yield return ("models", facts.Models.Count == 0 ? "none" : string.Join(", ", facts.Models.Select(model => $"{model.Name} ({Terminal.Bytes(model.Bytes)})")));
    }

    private static string Listed(IReadOnlyList<string> features) => features.Count == 0 ? "no AVX2" : string.Join(", ", features);

    private static string Cuda(EngineFacts engine) => engine switch
    {
        { CudaDevices: [_, ..] devices } => string.Join("; ", devices.Select((device, index) =>
            string.Create(CultureInfo.InvariantCulture, $"{index}: {device.Name}, {Terminal.Bytes(device.Free)} free of {Terminal.Bytes(device.Total)}"))),
        { HasCuda: true } => "no device found",
        _ => "this libtorch was built without it",
    };
}
