using System.Text.Json;
using Pagoda.Formats.Images;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>CLIP's preprocessing of picture files.</summary>
internal sealed class PreprocessVerifier : IFixtureVerifier
{
    private const string Output = "output.";
    private const string Pictures = "preprocess_images";

    public bool Recognises(Fixture fixture) => fixture.Entry.TryGetProperty("image_files", out _) && fixture.Has("mean") && fixture.Has("std");

    public void Verify(FixtureRun run)
    {
        foreach (var file in run.Fixture.Entry.GetProperty("image_files").EnumerateObject())
        {
            var sha256 = file.Value.TryGetProperty("sha256", out var hash) ? hash.GetString() : null;
            if (run.Folder.FileProblem(Path.Combine(Pictures, file.Name), sha256) is { } problem)
            {
                throw new InvalidDataException(problem);
            }
        }

        foreach (var name in run.ExpectedNames().Where(name => name.StartsWith(Output, StringComparison.Ordinal)))
        {
            var dot = name.LastIndexOf('.');
            var file = name[Output.Length..dot];
            Compare(run, name, file, int.Parse(name[(dot + 1)..], System.Globalization.CultureInfo.InvariantCulture));
            if (run.Fixture.Entry.GetProperty("image_files").TryGetProperty(Path.ChangeExtension(file, ".decoded.png"), out _))
            {
                Compare(run, name, Path.ChangeExtension(file, ".decoded.png"), int.Parse(name[(dot + 1)..], System.Globalization.CultureInfo.InvariantCulture));
            }
        }
    }

    private static void Compare(FixtureRun run, string name, string file, int size)
    {
        var preprocessing = new ClipPreprocessing(size)
        {
            Mean = [.. run.Fixture.Numbers("mean").Select(value => (float)value)],
            StandardDeviation = [.. run.Fixture.Numbers("std").Select(value => (float)value)],
        };
        var planes = preprocessing.Apply(PictureFile.Load(run.Folder.PathOf(Path.Combine(Pictures, file))));
        var label = name.Contains(file, StringComparison.Ordinal) ? name : $"{name} from {file}";
        var difference = FixtureRun.Difference(planes, run.Expected(name));
        run.Add(label, difference, 1e-6, "absolute");
    }
}
