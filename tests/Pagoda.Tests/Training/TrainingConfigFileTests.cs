using Pagoda.Training;

namespace Pagoda.Tests.Training;

public sealed class TrainingConfigFileTests
{
    private const string Enough = "model:\n  config: a.json\ndata:\n  folder: pictures\n";

    [Theory]
    [InlineData("learning_rat: 1", "run.yaml, line 6: the key optimizer.learning_rat is not known, did you mean optimizer.learning_rate?", "optimizer:\n  ")]
    [InlineData("steps: 5", "run.yaml, line 5: the key steps is not known, did you mean optimizer.steps?")]
    [InlineData("zebra: 5", "run.yaml, line 5: the key zebra is not known; docs/training.md lists all keys.")]
    [InlineData("method: clipart", "run.yaml, line 5: method cannot be \"clipart\"; use contrastive, clipag, energy.")]
    [InlineData("batch: many", "run.yaml, line 6: optimizer.batch cannot be \"many\"; it is a value like 128.", "optimizer:\n  ")]
    [InlineData("steps: 1.5", "run.yaml, line 6: optimizer.steps cannot be \"1.5\"", "optimizer:\n  ")]
    [InlineData("batch: 1", "run.yaml, line 6: optimizer.batch is 1; give at least 2 and at most 65536.", "optimizer:\n  ")]
    [InlineData("learning_rate: 0", "run.yaml, line 6: optimizer.learning_rate is 0; give more than 0 and at most 10.", "optimizer:\n  ")]
    [InlineData("learning_rate: .nan", "run.yaml, line 6: optimizer.learning_rate is NaN; give more than 0", "optimizer:\n  ")]
    [InlineData("beta2: 1", "run.yaml, line 6: optimizer.beta2 is 1; give at least 0 and less than 1.", "optimizer:\n  ")]
    [InlineData("norm: l1", "run.yaml, line 6: attack.norm is \"l1\"; use l2 or linf.", "attack:\n  ")]
    [InlineData("device: gpu", "run.yaml, line 5: device is \"gpu\"; use cpu, cuda or cuda:N")]
    [InlineData("negatives: 600", "run.yaml, line 6: energy.negatives is 600, more than the 512 paintings of energy.buffer.", "energy:\n  ")]
    [InlineData("optimizer: 5", "run.yaml, line 5: the key optimizer is not known")]
    [InlineData("seed: [1, 2]", "run.yaml, line 5: seed must have a single value.")]
    [InlineData("seed: 1\nseed: 2", "run.yaml, line 6: ")]
    [InlineData("seed: {", "run.yaml, line ")]
    [InlineData("--- 1", "run.yaml, line 5: a second document begins")]
    public void Parse_Wrong_NamesTheLineAndWhatToDo(string lines, string expected, string above = "")
    {
        var error = Assert.Throws<InvalidDataException>(() => TrainingConfigFile.Parse(Enough + above + lines, "run.yaml"));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("data:\n  folder: a\n", "model.config")]
    [InlineData("model:\n  config: a\n  from: b\ndata:\n  folder: a\n", "name one of model.from")]
    [InlineData("model:\n  config: a\n", "none of data.emoji, data.shards and data.folder is named")]
    [InlineData("model:\n  config: a\ndata:\n  folder: a\n  shards: b.tar\n", "more than one of data.emoji")]
    [InlineData("model:\n  config: a\n  freeze_text: true\ndata:\n  folder: a\n", "has learnt nothing")]
    [InlineData("", "name one of model.from")]
    public void Parse_Incomplete_SaysWhatIsMissing(string yaml, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => TrainingConfigFile.Parse(yaml, "run.yaml")).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_Settings_TakeTheFilesPlace()
    {
        var options = TrainingConfigFile.Parse(Enough + "seed: 4\nautocast:\n", "run.yaml", ["seed=5", "optimizer.learning_rate=2e-4", "method=energy", "autocast=false", "data.folder=a b=c"]);
        Assert.Equal((5UL, 2e-4, TrainingMethod.Energy, false, "a b=c"), (options.Seed, options.Optimizer.LearningRate, options.Method, options.Autocast, options.Data.Folder));
        Assert.StartsWith("--set sed=5: the key sed is not known, did you mean seed?", Assert.Throws<InvalidDataException>(() => TrainingConfigFile.Parse(Enough, "run.yaml", ["sed=5"])).Message);
        Assert.StartsWith("--set seed is no setting", Assert.Throws<InvalidDataException>(() => TrainingConfigFile.Parse(Enough, "run.yaml", ["seed"])).Message);
    }

    [Fact]
    public void Read_NoFile_SaysSo() => Assert.StartsWith("gone.yaml does not exist", Assert.Throws<InvalidDataException>(() => TrainingConfigFile.Read("gone.yaml")).Message);

    [Fact]
    public void Write_ThenParse_IsTheSame()
    {
        var options = TrainingConfigFile.Parse(Enough, "run.yaml", ["method=clipag", "attack.norm=linf", "attack.radius=0.0157", "autocast=true", "optimizer.average_decay=0", "seed=18446744073709551615"]);
        Assert.Equal(options, TrainingConfigFile.Parse(TrainingConfigFile.Write(options), "written"));
        Assert.Empty(TrainingConfigFile.Differences(TrainingConfigFile.Write(options), options));
    }

    [Fact]
    public void Differences_OfAnOlderVersionsOptions_AreOnlyThoseOfKeysItKnew()
    {
        var options = TrainingConfigFile.Parse(Enough, "run.yaml", ["optimizer.batch=64"]);
        const string Older = "model:\n  config: a.json\ndata:\n  folder: pictures\noptimizer:\n  batch: 128\nforgotten: 3\n";
        Assert.Equal([("optimizer.batch", "128", "64")], TrainingConfigFile.Differences(Older, options));
    }

    [Fact]
    public void Read_ConfigurationsOfTheProject_AreValid()
    {
        var files = Directory.GetFiles(Path.Combine(SharedFolder.RepositoryRoot, "configs"), "*.yaml", SearchOption.AllDirectories);
        Assert.True(files.Length >= 3);
        Assert.All(files, file => Assert.True(TrainingConfigFile.Read(file).Optimizer.Steps > 0));
    }

    [Fact]
    public void Documentation_ListsEveryKeyWithItsDefault()
    {
        var page = File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "docs", "training.md"));
        Assert.All(ConfigEntries.Known, key => Assert.Contains($"| `{key.Key}` | {(key.Value.Length == 0 ? "" : $"`{key.Value}`")}", page, StringComparison.OrdinalIgnoreCase));
    }
}
