using System.Security.Cryptography;
using Pagoda.Cli.Verification.Verifiers;
using Pagoda.Torch;

namespace Pagoda.Cli.Verification;

/// <summary>A folder of fixtures with its <c>index.json</c>.</summary>
internal sealed class FixtureFolder
{
    private readonly string _path;

    /// <param name="path">The folder, or its index.</param>
    /// <param name="vocabulary">OpenAI's list of merges, if it is not in one of its usual places.</param>
    /// <exception cref="FileNotFoundException">There is no index.</exception>
    /// <exception cref="InvalidDataException">The index is damaged.</exception>
    public FixtureFolder(string path, string? vocabulary = null)
    {
        var index = Directory.Exists(path) ? Path.Combine(path, "index.json") : path;
        if (!File.Exists(index))
        {
            throw new FileNotFoundException($"{index} does not exist; a folder of fixtures has an index.json.");
        }

        _path = Path.GetDirectoryName(Path.GetFullPath(index))!;
        Fixtures = Fixture.ReadIndex(index);
        Vocabulary = vocabulary;
    }

    /// <summary>Every kind of fixture that can be verified; the first that recognises a fixture takes it.</summary>
    public static IReadOnlyList<IFixtureVerifier> Verifiers { get; } =
    [
        new ProjectedGradientVerifier(),
        new ClipLossVerifier(),
        new FrechetVerifier(),
        new InceptionVerifier(),
        new InceptionScoreVerifier(),
        new ClipVerifier(),
        new TokenizerVerifier(),
        new PreprocessVerifier(),
        new PixelPaintingVerifier(),
        new DynamicThresholdVerifier(),
        new DiffAugmentVerifier(),
        new GptVerifier(),
        new VqganVerifier(),
        new ClipGenVqganVerifier(),
        new QuantizerVerifier(),
        new DiscriminatorVerifier(),
        new LpipsVerifier(),
    ];

    public IReadOnlyList<Fixture> Fixtures { get; }

    public string? Vocabulary { get; }

    public string PathOf(string file) => Path.Combine(_path, file);

    /// <summary>Computes what a fixture holds and compares it.</summary>
    /// <returns>At least one finding; whatever goes wrong is one.</returns>
    public IReadOnlyList<Finding> Verify(Fixture fixture)
    {
        if (FilesProblem(fixture) is { } problem)
        {
            return [Finding.Obstacle(fixture, problem)];
        }

        if (Verifiers.FirstOrDefault(verifier => verifier.Recognises(fixture)) is not { } verifier)
        {
            return [Finding.Obstacle(fixture, KnownKinds.IsKnown(fixture) ? "not implemented" : "unknown kind")];
        }

        using var run = new FixtureRun(this, fixture);
        try
        {
            using var scope = new TensorScope();
            verifier.Verify(run);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return [.. run.Findings, Finding.Obstacle(fixture, exception.Message.ReplaceLineEndings(" "))];
        }

        return run.Findings.Count > 0 ? run.Findings : [Finding.Obstacle(fixture, "holds nothing to compare")];
    }

    /// <summary>Holds a file against the SHA-256 that the index has for it.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string? FileProblem(string file, string? sha256)
    {
        var path = PathOf(file);
        if (!File.Exists(path))
        {
            return $"{file} is missing";
        }

        using var stream = File.OpenRead(path);
        var actual = Convert.ToHexStringLower(SHA256.HashData(stream));
        return sha256 is null || actual == sha256 ? null : $"{file} has SHA-256 {actual[..12]}…, the index {sha256[..Math.Min(12, sha256.Length)]}…: it is damaged or of another set";
    }

    private string? FilesProblem(Fixture fixture)
    {
        if (FileProblem(fixture.File, fixture.Sha256) is { } problem || fixture.WeightsFile == fixture.File)
        {
            return FileProblem(fixture.File, fixture.Sha256);
        }

        return FileProblem(fixture.WeightsFile, Fixtures.FirstOrDefault(other => other.File == fixture.WeightsFile)?.Sha256);
    }
}
