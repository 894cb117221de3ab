using System.Globalization;
using System.Text;
using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>A report as people read it.</summary>
internal static class BenchmarkTable
{
    /// <summary>The name of the part of docs/performance.md that the table goes into.</summary>
    public const string Mark = "bench";

    /// <summary>The machine and its ceilings, in lines.</summary>
    public static IEnumerable<string> Machine(BenchmarkMachine machine, IReadOnlyList<GemmRate> gemm)
    {
        var features = machine.Processor.Features.Count > 0 ? $" ({string.Join(", ", machine.Processor.Features)})" : "";
        yield return $"{machine.Processor.Name}{features}, {machine.Processor.Cores} cores, {Terminal.Bytes(machine.Memory.Total)} of memory; {machine.System}";
        yield return $"Pagoda {machine.Pagoda}; libtorch {machine.Libtorch}{(machine.Kernels is { } kernels ? $" with {kernels} kernels" : "")}{(machine.Blas is { } blas ? $", BLAS {Path.GetFileName(Path.GetDirectoryName(blas))}/{Path.GetFileName(blas)}" : "")}, {machine.Threads} threads; load {Number(machine.LoadAtStart, "0.0")} at the start";
        yield return $"GEMM {string.Join(", ", gemm.Select(rate => $"{Named(rate.Type)} {rate.Size}: {Number(rate.PerSecond / 1e9, "0")} GFLOP/s"))}";
    }

    /// <summary>The machine and a table with a row for each result.</summary>
    public static string Markdown(BenchmarkReport report)
    {
        var text = new StringBuilder();
        foreach (var line in Machine(report.Machine, report.Gemm))
        {
            text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        }

        text.Append("\n| benchmark | of | seconds: median (min..max) | operations or bytes | of the ceiling | peak memory | live tensors | PyTorch, and how many times as long as Pagoda |\n");
        text.Append("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
        var reasons = new List<string>();
        foreach (var result in report.Results)
        {
            var measured = result.Measured;
            text.Append(CultureInfo.InvariantCulture, $"| {Name(result)} | {new Setting(result.Arch, result.Size, result.Views)} | {Seconds(measured.Seconds.Median)} ({Range(measured.Seconds)}), {(measured.Repeats == 1 ? "once" : $"{measured.Repeats} times")} | {Work(result)} | {Share(result, reasons)} | {Terminal.Bytes(measured.PeakResidentBytes)} | {Tensors(measured)} | {Python(measured)} |\n");
        }

        text.Append('\n');
        for (var i = 0; i < reasons.Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{i + 1}. {reasons[i]}\n");
        }

        text.Append('\n');
        foreach (var result in report.Results.Where(result => result.Note is not null))
        {
            text.Append(CultureInfo.InvariantCulture, $"- {Name(result)} {new Setting(result.Arch, result.Size, result.Views)}: {result.Note}\n");
        }

        return text.ToString();
    }

    public static string Named(ScalarType type) => type.ToString().ToLowerInvariant();

    public static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    public static string Seconds(double seconds) => seconds switch
    {
        < 1e-3 => $"{Number(seconds * 1e6, "0.00")} µs",
        < 1 => $"{Number(seconds * 1e3, "0.0")} ms",
        _ => $"{Number(seconds, "0.000")} s",
    };

    public static string Range(Spread spread) => $"{Seconds(spread.Min)}..{Seconds(spread.Max)}";

    public static string Tensors(Measurement measured) => measured.LiveTensorsBefore is null ? "-" : $"{measured.LiveTensorsBefore} -> {measured.LiveTensorsAfter}";

    /// <summary>Operations where they count, else bytes.</summary>
    public static string Work(BenchmarkResult result) =>
        result.Operations is { } operations ? $"{Number(operations / 1e9, operations < 1e11 ? "0.0" : "0")} GFLOP"
        : result.Bytes is { } bytes ? Terminal.Bytes((long)bytes)
        : "-";

    private static string Name(BenchmarkResult result) => result.Type == ScalarType.Float32 ? $"`{result.Name}`" : $"`{result.Name}`, {Named(result.Type)}";

    /// <summary>The fraction, and a number for what it is a fraction of, which stands below the table; as GEMM is the ceiling of most, it needs none.</summary>
    private static string Share(BenchmarkResult result, List<string> reasons)
    {
        if (result.Ceiling is not { } ceiling)
        {
            return "-";
        }

        var fraction = ceiling.Fraction is { } share ? Number(share, "0 %") : "none";
        if (ceiling.Of == "GEMM")
        {
            return fraction;
        }

        var sentence = ceiling.Fraction is null ? ceiling.Of : $"of {ceiling.Of}";
        if (!reasons.Contains(sentence))
        {
            reasons.Add(sentence);
        }

        return $"{fraction} ({reasons.IndexOf(sentence) + 1})";
    }

    private static string Python(Measurement measured) => measured.Python is not { Count: > 0 } forms ? "-" : string.Join("<br>", forms.Select(form =>
        $"{form.Form} {Seconds(form.Seconds.Median)}, **{Number(form.Ratio.Median, "0.00")}** ({Number(form.Ratio.Min, "0.00")}..{Number(form.Ratio.Max, "0.00")}, {form.Ratios.Count} pairs)"));
}
