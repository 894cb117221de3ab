using Pagoda.Cli.Benchmarks;
using Pagoda.Torch;

namespace Pagoda.Tests.Cli.Benchmarks;

[Trait("Host", "programs")]
public sealed class PythonTwinTests
{
    // The other benchmarks' programs are made of the same towers; starting PyTorch takes seconds.
    [PythonTorchTheory]
    [InlineData("pixel-step", "published")]
    [InlineData("encode-text", "plain")]
    [InlineData("fid", "published")]
    [InlineData("train-step", "plain")]
    [InlineData("vqgan-train", "channels-last")]
    [InlineData("gpt-sample", "plain")]
    [InlineData("jpeg-pipeline", "plain")]
    public void Step_WhenAsked_TakesTime(string name, string form)
    {
        using var workload = BenchmarkList.Get(name).Prepare(new BenchmarkShape(BenchCommandTests.Tiny, 2, 32, ScalarType.Float32) { Pictures = 2, Gpt = new GptSampleShape { Layers = 1, Width = 32, Heads = 2, Vocabulary = 50, Tokens = 4 } });
        Assert.Contains(form, workload.PythonForms);

        using var twin = new PythonTwin(name, form, workload.PythonShape);

        Assert.InRange(twin.Step(), 1e-6, 60);
    }

    /// <summary>A test that needs a Python with PyTorch; skipped where there is none.</summary>
    private sealed class PythonTorchTheoryAttribute : TheoryAttribute
    {
        public PythonTorchTheoryAttribute() => Skip = SystemPython.Has("torch") ? null : "needs python3-torch where /usr/bin/python3 finds it, which is not on this machine";
    }
}
