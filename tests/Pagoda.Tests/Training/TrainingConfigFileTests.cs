using Pagoda.Training;

namespace Pagoda.Tests.Training;

public sealed class TrainingConfigFileTests
{
    private const string Enough = "model:\n  config: a.json\ndata:\n  folder: pictures\n";

    [Theory]
    [InlineData("learning_rat: 1", "run.yaml, line 6: the key optimizer.learning_rat is not known, did you mean optimizer.learning_rate?", "optimizer:\n  ")]
    [InlineData("steps: 5", "run.yaml, line 5: the key steps is not known, did you mean optimizer.steps?")]
    [InlineData("zebra: 5", "run.yaml, line 5: the key zebra is not known; docs/training.md lists all keys.")]
    [InlineData("method: clipart", "run.yaml, line 5: method cannot be \"clipart\"; use contrastive, clipag, clip-jem, vqgan, gpt, diffusion, captioner.")]
    [InlineData("batch: many", "run.yaml, line 6: optimizer.batch cannot be \"many\"; it is a value like 128.", "optimizer:\n  ")]
    [InlineData("steps: 1.5", "run.yaml, line 6: optimizer.steps cannot be \"1.5\"", "optimizer:\n  ")]
    [InlineData("batch: 1", "run.yaml, line 6: optimizer.batch is 1; give at least 2 and at most 65536.", "optimizer:\n  ")]
    [InlineData("learning_rate: 0", "run.yaml, line 6: optimizer.learning_rate is 0; give more than 0 and at most 10.", "optimizer:\n  ")]
    [InlineData("learning_rate: .nan", "run.yaml, line 6: optimizer.learning_rate is NaN; give more than 0", "optimizer:\n  ")]
    [InlineData("beta2: 1", "run.yaml, line 6: optimizer.beta2 is 1; give at least 0 and less than 1.", "optimizer:\n  ")]
    [InlineData("norm: l1", "run.yaml, line 6: attack.norm is \"l1\"; use l2 or linf.", "attack:\n  ")]
    [InlineData("device: gpu", "run.yaml, line 5: device is \"gpu\"; use cpu, cuda or cuda:N")]
    [InlineData("buffer: 512\n  negatives: 600", "run.yaml, line 7: energy.negatives is 600, more than the 512 paintings of energy.buffer.", "energy:\n  ")]
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
    [InlineData("model:\n  config: a\n", "no data is named; name one of data.emoji, data.shards")]
    [InlineData("model:\n  config: a\ndata:\n  folder: a\n  shards: b.tar\n", "data.shards and data.folder are both named")]
    [InlineData("model:\n  config: a\n  freeze_text: true\ndata:\n  folder: a\n", "has learnt nothing")]
    [InlineData("", "name one of model.from")]
    public void Parse_Incomplete_SaysWhatIsMissing(string yaml, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => TrainingConfigFile.Parse(yaml, "run.yaml")).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_Settings_TakeTheFilesPlace()
    {
        var options = TrainingConfigFile.Parse(Enough + "seed: 4\nautocast:\n", "run.yaml", ["seed=5", "optimizer.learning_rate=2e-4", "method=clip_jem", "autocast=false", "data.folder=a b=c"]);
        Assert.Equal((5UL, 2e-4, TrainingMethod.ClipJem, false, "a b=c"), (options.Seed, options.Optimizer.LearningRate, options.Method, options.Autocast, options.Data.Folder));
        Assert.StartsWith("--set sed=5: the key sed is not known, did you mean seed?", Assert.Throws<InvalidDataException>(() => TrainingConfigFile.Parse(Enough, "run.yaml", ["sed=5"])).Message);
        Assert.StartsWith("--set seed is no setting", Assert.Throws<InvalidDataException>(() => TrainingConfigFile.Parse(Enough, "run.yaml", ["seed"])).Message);
    }

    [Fact]
    public void Parse_Mixture_TakesSourcesOfAnyNameAndSettings()
    {
        const string Yaml = """
            model:
              config: a.json
            data:
              mixture:
                cc3m/{00000..00331}.tar: 3
                "table:sbu.csv@/data/sbu pictures": 0.9
                coco:annotations/captions.json@train2017: 1
            """;
        var options = TrainingConfigFile.Parse(Yaml, "run.yaml", ["data.mixture.coco:annotations/captions.json@train2017=2", "data.mixture.folder:a=b=0.5"]);
        Assert.Equal(
            new MixtureWeights { ["cc3m/{00000..00331}.tar"] = 3, ["table:sbu.csv@/data/sbu pictures"] = 0.9, ["coco:annotations/captions.json@train2017"] = 2, ["folder:a=b"] = 0.5 },
            options.Data.Mixture);
        var again = TrainingConfigFile.Parse(TrainingConfigFile.Write(options), "written");
        Assert.Equal(options, again);
        var other = TrainingConfigFile.Parse(Yaml, "run.yaml", ["data.mixture.folder:a=b=0.5"]);
        Assert.Equal([("data.mixture.coco:annotations/captions.json@train2017", "2", "1")], TrainingConfigFile.Differences(TrainingConfigFile.Write(options), other));
    }

    [Theory]
    [InlineData("  mixture:\n    a.tar: many\n", "run.yaml, line 5: data.mixture.a.tar cannot be \"many\"; it is a weight like 2.5.")]
    [InlineData("  mixture:\n    a.tar: -1\n    b.tar: 1\n", "run.yaml, line 5: the weight of a.tar in data.mixture is -1; give a number from 0.")]
    [InlineData("  mixture: a.tar\n", "run.yaml, line 4: data.mixture cannot be \"a.tar\"; write sources and weights below it")]
    [InlineData("  mixture:\n    a.tar:\n      b: 1\n", "run.yaml, line 6: data.mixture.a.tar must have a single value.")]
    [InlineData("  mixture:\n    a.tar: 0\n", "run.yaml: no data is named")]
    [InlineData("  mixture:\n    a.tar: 1\n  folder: b\n", "data.folder and data.mixture are both named")]
    [InlineData("  folder: b\n  images: c\n", "run.yaml, line 5: data.images goes with data.table or data.coco")]
    public void Parse_WrongData_SaysWhereAndWhat(string data, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => TrainingConfigFile.Parse("model:\n  config: a.json\ndata:\n" + data, "run.yaml")).Message, StringComparison.Ordinal);

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
