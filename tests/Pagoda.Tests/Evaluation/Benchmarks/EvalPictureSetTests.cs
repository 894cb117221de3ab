using System.Text;
using System.Text.Json.Nodes;
using Pagoda.Evaluation.Benchmarks;
using Pagoda.Tests.Data;

namespace Pagoda.Tests.Evaluation.Benchmarks;

public sealed class EvalPictureSetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static PictureSetPlan Plan { get; } = new()
    {
        Benchmark = "test", PerPrompt = 3, Seed = 5, NamedByPrompt = true, Painting = new JsonObject { ["recipe"] = new JsonObject { ["steps"] = 4 } }, Prompts = ["a green bench and a blue bowl", "A cat sat."],
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Shards_OfAnyNumber_ShareTheWorkDisjointlyAndCompletely()
    {
        var random = new Random(1);
        for (var trial = 0; trial < 200; trial++)
        {
            var (items, of) = (random.Next(0, 200), random.Next(1, 30));
            var parts = Enumerable.Range(1, of).Select(i => WorkShard.Parse($"{i}/{of}")).Select(shard => Enumerable.Range(0, items).Where(shard.Has).ToList()).ToList();
            Assert.Equal(Enumerable.Range(0, items), parts.SelectMany(part => part).Order());
            Assert.InRange(parts.Max(part => part.Count) - parts.Min(part => part.Count), 0, 1);
        }
    }

    [Theory]
    [InlineData("0/2")]
    [InlineData("3/2")]
    [InlineData("1")]
    [InlineData("-1/2")]
    [InlineData("1/2/3")]
    [InlineData("a/b")]
    public void Shards_OfAnotherForm_AreRefused(string text) => Assert.Contains("write i/n", Assert.Throws<FormatException>(() => WorkShard.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Jobs_AreNamedAsTheJudgesReadThem()
    {
        var jobs = Plan.Jobs();
        Assert.Equal("a green bench and a blue bowl_000000.png", jobs[0].File);
        Assert.Equal("A cat sat._000005.png", jobs[5].File);
        // As the judges take names apart: the prompt before the first underscore, the number after the last one.
        Assert.All(jobs, job => Assert.Equal((job.Text, job.Number), (job.File.Split('_')[0], int.Parse(job.File.Split('_')[^1].Split('.')[0], System.Globalization.CultureInfo.InvariantCulture))));
        Assert.Equal("000004.png", (Plan with { NamedByPrompt = false }).Jobs()[4].File);
        Assert.Throws<InvalidDataException>(() => (Plan with { Prompts = ["and/or"] }).Jobs());
        Assert.Throws<InvalidDataException>(() => (Plan with { Prompts = ["snake_case"] }).Jobs());
        Assert.Throws<InvalidDataException>(() => (Plan with { Prompts = [new string('a', 250)] }).Jobs());
    }

    [Fact]
    public void Seeds_AreTheSame_HoweverManyPicturesOfAPromptThereAre()
    {
        var (few, many) = (Plan.Jobs(), (Plan with { PerPrompt = 10 }).Jobs());
        Assert.All(few, job => Assert.Contains(many, other => (other.Text, other.Seed) == (job.Text, job.Seed)));
        Assert.Equal(20, many.Select(job => job.Seed).Distinct().Count());
    }

    [Fact]
    public void Begin_GoesOnWithItsOwn_AndRefusesOthers()
    {
        var place = _folder.File("set");
        var set = PictureSet.Begin(place, Plan);
        set.Save(set.Jobs[1], Encoding.ASCII.GetBytes("picture"));
        var again = PictureSet.Begin(place, PictureSetPlan.FromJson(Plan.ToJson(), "x"));
        Assert.Equal([0, 2, 3, 4, 5], again.Missing(WorkShard.All).Select(job => job.Number));
        Assert.Equal([3, 5], again.Missing(new WorkShard(2, 2)).Select(job => job.Number));
        Assert.Equal([again.PathOf(set.Jobs[1])], Directory.GetFiles(again.Samples));
        Assert.Equal(Plan.Prompts, PictureSet.Find(place)!.Plan.Prompts);
        Assert.Null(PictureSet.Find(_folder.File("nothing")));

        Refuses(Plan with { Seed = 6 }, "seed 5 and not 6");
        Refuses(Plan with { Prompts = ["a dog"] }, "other prompts");
        Refuses(Plan with { Painting = new JsonObject { ["recipe"] = new JsonObject { ["steps"] = 8 } } }, "painting.recipe.steps 4 and not 8");
        File.WriteAllText(Path.Combine(place, "pictures.json"), "{");
        Assert.Throws<InvalidDataException>(() => PictureSet.Begin(place, Plan));

        void Refuses(PictureSetPlan plan, string because) => Assert.Contains(because, Assert.Throws<IOException>(() => PictureSet.Begin(place, plan)).Message, StringComparison.Ordinal);
    }

    [SharedFact("data", "compbench", "t2i_compbench", "color_val.txt")]
    public void Prompts_OfEveryCategory_GiveThreeThousandPictures()
    {
        foreach (var category in CompBench.Categories)
        {
            var prompts = CompBench.Prompts(SharedFolder.File("data", "compbench", "t2i_compbench"), category);
            Assert.Equal(300, prompts.Count);
            Assert.All(prompts, prompt => Assert.Equal(prompt.Trim(), prompt));
            Assert.Equal(3000, (Plan with { PerPrompt = 10, Prompts = prompts }).Jobs().Select(job => job.File).Distinct().Count());
        }
    }
}
