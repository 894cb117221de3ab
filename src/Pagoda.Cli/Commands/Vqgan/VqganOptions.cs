using System.CommandLine;
using Pagoda.Models.Vqgan;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands.Vqgan;

/// <summary>The options that all commands of <c>vqgan</c> have.</summary>
internal sealed class VqganOptions
{
    private readonly Option<string> _model = new("--model") { Description = "The VQGAN: a name in models/, of the catalogue, or a path.", DefaultValueFactory = _ => "emoji" };
    private readonly Option<string?> _device = new("--device") { Description = "cpu, cuda or cuda:N; the best at hand by default." };
    private readonly Option<int> _batch = new("--batch") { Description = "Pictures at a time.", DefaultValueFactory = _ => 8 };
    private readonly Option<bool> _force = new("--force") { Description = "Replace files that exist." };

    public Option<string> Out { get; } = new("--out") { Required = true };

    public IEnumerable<Option> All => [_model, Out, _device, _batch, _force];

    public bool Force(ParseResult parsed) => parsed.GetValue(_force);

    public int Batch(ParseResult parsed) =>
        parsed.GetValue(_batch) is >= 1 and <= 4096 and var batch ? batch : throw new UsageException($"--batch is {parsed.GetValue(_batch)}; give 1 to 4096.");

    public LoadedVqgan Load(ParseResult parsed) =>
        VqganLoader.Load(parsed.GetValue(_model)!, parsed.GetValue(_device) is { } named ? Device.Parse(named) : LibTorch.DefaultDevice);

    /// <summary>Refuses names that are taken, before any work is done.</summary>
    /// <exception cref="UsageException">Two outputs would have one name.</exception>
    /// <exception cref="IOException">A file is there that may not be replaced.</exception>
    public void CheckOutputs(ParseResult parsed, IReadOnlyList<string> paths)
    {
        var twice = paths.GroupBy(path => path, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw new UsageException($"Two pictures would be written as {twice.Key}; give pictures of different names, or one folder at a time.");
        }

        if (!Force(parsed) && paths.FirstOrDefault(File.Exists) is { } there)
        {
            throw new IOException($"{there} exists already; choose another place, or replace it with --force.");
        }
    }
}
