using Pagoda.Cli.Demonstrations;
using Pagoda.Data.Scenes;
using Pagoda.Formats.Checkpoints;
using Pagoda.Formats.Images;
using Pagoda.Models.Clip;
using Pagoda.Torch;
using Pagoda.Training;
using Pagoda.Training.Attacks;
using Pagoda.Training.Records;
using Pagoda.Training.Watch;

namespace Pagoda.Tests.Training.Watch;

[Trait("Host", "small")]
public sealed class RunWatchTests : IDisposable
{
    private readonly TinyTraining _tiny = new();

    [Theory]
    [InlineData("clipag")]
    [InlineData("clip-jem")]
    public void Run_Watched_EndsWithTheSameBitsAsUnwatched(string method)
    {
        _tiny.Run(_tiny.Options(method, 7), "plain");
        using (var trainer = TrainingRun.Open(Watched(method, 7), _tiny.File("watched"), tools: new TrainingTools { Painter = new WatchPainter(["a red square", "a blue square"], 3) }))
        {
            trainer.Run(_ => { }, default);
        }

        using var plain = SafetensorsFile.Open(_tiny.File("plain/checkpoint.safetensors"));
        using var watched = SafetensorsFile.Open(_tiny.File("watched/checkpoint.safetensors"));
        Assert.Equal(plain.Entries.Keys, watched.Entries.Keys);
        Assert.All(plain.Entries.Keys, name => Assert.Equal(plain.ReadBytes(name), watched.ReadBytes(name)));
        Assert.Equal(["gradients-000003.png", "gradients-000006.png", "gradients-000007.png", "paintings-000003.png", "paintings-000006.png", "paintings-000007.png"],
            Directory.GetFiles(_tiny.File("watched/watch")).Select(file => Path.GetFileName(file)).Order());
        var painted = PictureFile.Load(_tiny.File("watched/watch/paintings-000007.png"));
        Assert.Equal(2 * (128 + 8) + 8, painted.Width);
        Assert.True(painted.Pixels.Distinct().Count() > 50);
    }

    [Fact]
    public void Run_WatchedAndTakenUp_HasEachLookOnce()
    {
        var options = Watched("clipag", 9);
        _tiny.Run(options, "run", stopAfter: 7);
        _tiny.Run(options, "run");
        var record = RunRecord.Read(_tiny.File("run"))!;
        Assert.Equal([3L, 6L, 9L], record.Watch.Select(seen => seen.Step));
        var lines = File.ReadAllLines(_tiny.File("run/metrics.jsonl")).Where(line => line.Contains("watch/accuracy", StringComparison.Ordinal));
        Assert.Equal(3, lines.Count());
    }

    [Fact]
    public void Run_LearningToTellSquares_IsSeenToLearn()
    {
        var options = _tiny.Options("contrastive", 120, "optimizer.learning_rate=0.01", "optimizer.batch=16", "optimizer.average_decay=0.9", "watch.every=40", "attack.radius=2");
        _tiny.Run(options, "run");
        var watch = RunRecord.Read(_tiny.File("run"))!.Watch;
        Assert.True(watch[^1].Accuracy > 0.9, $"{watch[^1]}");
        Assert.All(watch, seen => Assert.True(seen.AttackedAccuracy <= seen.Accuracy, $"{seen}"));
        Assert.True(watch[^1].AttackedAccuracy < watch[^1].Accuracy, $"{watch[^1]}");
    }

    [Fact]
    public void Run_Interpolating_EndsAtTheWatchedModelAndBeginsAtTheStart()
    {
        _tiny.Run(_tiny.Options("contrastive", 40, "optimizer.learning_rate=0.01"), "first");
        var yaml = _tiny.Write("on.yaml", $"""
            method: clipag
            model:
              from: {_tiny.File("first")}
            data:
              folder: {_tiny.File("pictures")}
            device: cpu
            attack:
              radius: 0.5
            optimizer:
              steps: 4
              batch: 8
            watch:
              every: 4
              interpolate: 0, 0.5, 1
            """);
        using var trainer = TrainingRun.Open(TrainingConfigFile.Read(yaml), _tiny.File("second"));
        trainer.Run(_ => { }, default);
        var record = RunRecord.Read(_tiny.File("second"))!;
        Assert.Equal([0, 0.5, 1], trainer.Interpolation.Select(point => point.Alpha));
        Assert.Equal(trainer.Interpolation, record.Interpolation);
        Assert.Equal((record.Watch[^1].Accuracy, record.Watch[^1].AttackedAccuracy), (record.Interpolation[2].Accuracy, record.Interpolation[2].AttackedAccuracy));
        using var start = ClipLoader.Load(_tiny.File("first"), Device.Cpu);
        using var pictures = WatchedPictureSource.Choose(TrainingConfigFile.Read(yaml), TinyTraining.Size);
        var attack = new AttackOptions { Radius = 0.5, Steps = 10, StepSize = 0.125 };
        Assert.Equal((record.Interpolation[0].Accuracy, record.Interpolation[0].AttackedAccuracy), new ZeroShot(pictures, ["{}"], attack).Accuracy(start.Model, start.Tokenizer));
    }

    [Fact]
    public void Choose_OfAFolderWithClasses_TakesTurns()
    {
        using var pictures = WatchedPictureSource.Choose(Options($"data: {_tiny.File("pictures")}\n  pictures: 6"), TinyTraining.Size);
        Assert.Equal(["blue square", "green square", "red square", "white square"], pictures.Classes);
        Assert.Equal([0, 1, 2, 3, 0, 1], pictures.Labels);
        Assert.False(pictures.AreCaptions);
        // The first picture is a blue square on grey: its middle is blue.
        var middle = Enumerable.Range(0, 3).Select(channel => (int)Math.Round(255 * pictures.Images.Select(0, 0).Select(0, channel).Select(0, 8).Select(0, 8).ToDouble()));
        Assert.Equal([40, 60, 220], middle);
    }

    [Fact]
    public void Choose_OfClassNames_LeavesTheOthersOutAndKeepsDistractors()
    {
        var names = _tiny.Write("classes.txt", "zebra\nred square\n\nblue square\n");
        using var pictures = WatchedPictureSource.Choose(Options($"data: {_tiny.File("pictures")}\n  classes: {names}"), TinyTraining.Size);
        Assert.Equal(["zebra", "red square", "blue square"], pictures.Classes);
        Assert.Equal([1, 2], pictures.Labels.Distinct().Order());
        using var stored = WatchedPictureSource.Choose(Options($"classes: {names}"), TinyTraining.Size);
        Assert.Equal((8, false), (stored.Labels.Length, stored.AreCaptions));
    }

    [Fact]
    public void Choose_OfTheDataItself_TellsCaptionsApart()
    {
        using var pictures = WatchedPictureSource.Choose(Options("pictures: 10"), TinyTraining.Size);
        Assert.True(pictures.AreCaptions);
        Assert.Equal(10, pictures.Labels.Length);
        Assert.Equal(4, pictures.Classes.Count);
        using var again = WatchedPictureSource.Choose(Options("pictures: 10") with { Seed = 99 }, TinyTraining.Size);
        Assert.Equal(pictures.Images.ToArray<float>(), again.Images.ToArray<float>());
    }

    [Fact]
    public void Choose_OfEmoji_NamesThemByTheirNoun()
    {
        DrawnEmoji().SaveCache(_tiny.File("emoji.bin"));
        var options = TrainingConfigFile.Read(_tiny.Yaml("contrastive", 3, data: $"emoji: {_tiny.File("emoji.bin")}"), ["watch.pictures=24"]);
        using var pictures = WatchedPictureSource.Choose(options, TinyTraining.Size);
        Assert.Equal(24, pictures.Labels.Length);
        Assert.Contains("banana", pictures.Classes);
        Assert.Equal(pictures.Classes.Count, pictures.Labels.Distinct().Count());

        static EmojiLibrary DrawnEmoji() => Pagoda.Tests.Data.DrawnEmoji.Library;
    }

    [Theory]
    [InlineData("data: nowhere", "watch.data: the folder nowhere does not exist")]
    [InlineData("classes: nowhere.txt", "watch.classes: nowhere.txt does not exist")]
    public void Choose_NothingThere_SaysSo(string watch, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => WatchedPictureSource.Choose(Options(watch), TinyTraining.Size)).Message, StringComparison.Ordinal);

    [Fact]
    public void Choose_OneClass_SaysThatItTellsNothing()
    {
        var names = _tiny.Write("classes.txt", "red square\n");
        Assert.Contains("tell no accuracy", Assert.Throws<InvalidDataException>(() => WatchedPictureSource.Choose(Options($"classes: {names}"), TinyTraining.Size)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("watch.templates=a photo", "watch.templates is \"a photo\"")]
    [InlineData("watch.interpolate=0,2", "watch.interpolate is \"0,2\"")]
    [InlineData("watch.interpolate=0,1", "start with model.from")]
    [InlineData("watch.pictures=0", "watch.pictures is 0")]
    public void Parse_WrongWatch_SaysWhatToDo(string setting, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => _tiny.Options("contrastive", 3, setting)).Message, StringComparison.Ordinal);

    [Fact]
    public void PromptList_OfAFile_IsItsLines() =>
        Assert.Equal(["a cat | oil painting:0.4", "a dog"], new WatchOptions { Prompts = _tiny.Write("prompts.txt", "a cat | oil painting:0.4\n\n a dog \n") }.PromptList());

    public void Dispose() => _tiny.Dispose();

    private TrainingOptions Watched(string method, int steps) => _tiny.Options(method, steps, "watch.every=3", "watch.pictures=8", "watch.attack_steps=2");

    private TrainingOptions Options(string watch) => TrainingConfigFile.Read(_tiny.Yaml("contrastive", 3, more: $"watch:\n  {watch}"));
}
