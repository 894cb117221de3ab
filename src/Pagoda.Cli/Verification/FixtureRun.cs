using Pagoda.Formats.Checkpoints;
using Pagoda.Models;
using Pagoda.Torch;

namespace Pagoda.Cli.Verification;

/// <summary>The tensors of one fixture, and what has been found about it so far.</summary>
internal sealed class FixtureRun(FixtureFolder folder, Fixture fixture) : IDisposable
{
    private const string Prefix = "fixture.";
    private readonly Dictionary<string, ITensorArchive> _open = [];
    private readonly HashSet<string> _compared = [];
    private readonly List<Finding> _findings = [];

    public FixtureFolder Folder => folder;

    public Fixture Fixture => fixture;

    /// <summary>The fixture whose weights are used: this one, or the one it refers to.</summary>
    public Fixture WeightsFixture => folder.Fixtures.FirstOrDefault(other => other.File == fixture.WeightsFile)
        ?? throw new InvalidDataException($"{fixture.File} needs the weights in {fixture.WeightsFile}, which the index does not have.");

    /// <summary>What was found; quantities that the fixture holds and nobody compared are among it.</summary>
    public IReadOnlyList<Finding> Findings =>
        [.. _findings, .. ExpectedNames().Where(name => !_compared.Contains(name)).Select(name => new Finding(fixture.File, name, null, null, "not compared"))];

    /// <summary>The reference's weights, without what the fixture adds to them.</summary>
    public IWeightSource Weights()
    {
        var archive = Archive(fixture.WeightsFile);
        return new RenamedWeights(
            new ArchiveWeights(archive), new Dictionary<string, StoredAs>(), archive.Entries.Keys.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)));
    }

    /// <summary>An input of the reference.</summary>
    public Tensor Input(string name) => Read($"input.{name}");

    /// <summary>Whether the fixture holds an output or gradient.</summary>
    public bool Expects(string name) => Archive(fixture.File).Entries.ContainsKey(Prefix + name);

    /// <summary>What the fixture holds: outputs and gradients by their names in the index.</summary>
    public IEnumerable<string> ExpectedNames() => fixture.File.EndsWith(".safetensors", StringComparison.Ordinal)
        ? Archive(fixture.File).Entries.Keys
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && !name.StartsWith(Prefix + "input.", StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..])
        : [];

    /// <summary>An output or gradient of the reference, flat; counts as compared from now on.</summary>
    public float[] Expected(string name)
    {
        _compared.Add(name);
        return Flat(Read(name));
    }

    /// <summary>Compares a quantity, if the fixture holds it: the largest difference relative to the largest reference value.</summary>
    public void Near(string name, Tensor actual, double? tolerance = null)
    {
        if (Expects(name))
        {
            Near(name, Flat(actual), Expected(name), tolerance ?? fixture.Tolerance);
        }
    }

    /// <summary>Compares a quantity, if the fixture holds it: the largest difference.</summary>
    public void Within(string name, Tensor actual, double tolerance)
    {
        if (Expects(name))
        {
            var expected = Expected(name);
            Add(name, Difference(Flat(actual), expected), tolerance, "absolute");
        }
    }

    /// <summary>Adds a comparison that a verifier made itself.</summary>
    public void Add(string name, double error, double tolerance, string? note = null)
    {
        _compared.Add(name);
        _findings.Add(new Finding(fixture.File, name, error, tolerance, note));
    }

    public static float[] Flat(Tensor tensor)
    {
        using var scope = new TensorScope();
        return tensor.Detach().To(ScalarType.Float32).ToArray<float>();
    }

    /// <summary>The largest difference; infinite where the counts differ or a value is no number.</summary>
    public static double Difference(float[] actual, float[] expected)
    {
        if (actual.Length != expected.Length)
        {
            return double.PositiveInfinity;
        }

        var largest = 0.0;
        for (var i = 0; i < actual.Length; i++)
        {
            var difference = Math.Abs((double)actual[i] - expected[i]);
            largest = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(largest, difference);
        }

        return largest;
    }

    public void Dispose()
    {
        foreach (var archive in _open.Values)
        {
            archive.Dispose();
        }
    }

    private void Near(string name, float[] actual, float[] expected, double tolerance)
    {
        var scale = expected.Aggregate(0.0, (largest, value) => Math.Max(largest, Math.Abs(value)));
        var difference = Difference(actual, expected);
        Add(name, scale > 0 ? difference / scale : difference, tolerance);
    }

    private Tensor Read(string name)
    {
        var archive = Archive(fixture.File);
        return archive.Entries.ContainsKey(Prefix + name)
            ? new ArchiveWeights(archive).Read(Prefix + name)
            : throw new InvalidDataException($"{archive.Path} has no {Prefix}{name}.");
    }

    private ITensorArchive Archive(string file)
    {
        if (!_open.TryGetValue(file, out var archive))
        {
            _open[file] = archive = CheckpointFile.Open(folder.PathOf(file));
        }

        return archive;
    }
}
