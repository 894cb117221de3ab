using Pagoda.Evaluation.Reports;
using Pagoda.Generation.Provenance;

namespace Pagoda.Evaluation.Benchmarks;

/// <summary>Collects what judges say of a category's pictures.</summary>
/// <param name="set">The pictures.</param>
/// <param name="folder">The category's folder.</param>
/// <param name="category">The category.</param>
/// <param name="parts">Parts of the prompts that are also reported apart (<see cref="CompBench.Parts"/>); null for none.</param>
public sealed class CompBenchScores(PictureSet set, string folder, CompBenchCategory category, IReadOnlyList<(string Part, IReadOnlySet<string> Prompts)>? parts = null)
{
    private const string Scripts = "T2I-CompBench's scripts";

    /// <summary>Seed of the resamples that intervals come from.</summary>
    public const ulong Seed = 7;

    /// <summary>The results that judges left in the folder, and the category's own judge as missing where it left none.</summary>
    /// <param name="weights">SHA-256 of the weights that judges ran with, by their names, as far as the user tells.</param>
    /// <exception cref="InvalidDataException">A result file is damaged.</exception>
    public IReadOnlyList<Measurement> Imported(IReadOnlyDictionary<string, string> weights)
    {
        var scores = new List<Measurement>();
        foreach (var judge in CompBench.Judges)
        {
            var file = judge.Files.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
            if (file is not null)
            {
                var answers = JudgeResults.Read(file);
                if (answers[^1].Question >= set.Jobs.Count)
                {
                    throw new InvalidDataException($"{file} answers question {answers[^1].Question}, and there are {set.Jobs.Count} pictures; it is of other pictures.");
                }

                var note = answers.Count < set.Jobs.Count ? $"the judge saw {answers.Count} of {set.Jobs.Count} pictures; let it run again when all are there" : null;
                var protocol = new Protocol { Measure = judge.Name, Network = Scripts, Weights = weights.GetValueOrDefault(judge.Name), Samples = answers.Count, Seed = Seed };
                scores.AddRange(new[] { Score(protocol, answers) }.Concat(OfParts(protocol, answers)).Select(score => score with { Source = file, SourceSha256 = FileRecord.Of(file).Sha256, Note = note }));
            }
            else if (judge == category.Judge && judge != CompBench.Clip)
            {
                scores.Add(set.Measured(category.Name, new Protocol { Measure = judge.Name, Network = Scripts, Samples = 0, Seed = Seed }) with { Note = $"run the judge of T2I-CompBench on {folder}, which writes {judge.Files[0]} there" });
            }
        }

        return scores;
    }

    /// <summary>The mean answer with its interval.</summary>
    /// <param name="protocol">How it was measured.</param>
    /// <param name="answers">An answer a picture, by the picture's number.</param>
    public Measurement Score(Protocol protocol, IReadOnlyList<(int Question, double Answer)> answers) => set.Measured(category.Name, protocol) with
    {
        Score = Bootstrap.Mean([.. answers.GroupBy(one => one.Question / set.Plan.PerPrompt, one => one.Answer).Select(group => (IReadOnlyCollection<double>)[.. group])], Seed),
    };

    /// <summary>The same answers over each part of the prompts, as categories <c>color/seen</c> and <c>color/unseen</c>.</summary>
    private IEnumerable<Measurement> OfParts(Protocol protocol, IReadOnlyList<(int Question, double Answer)> answers)
    {
        foreach (var (part, prompts) in parts ?? [])
        {
            var own = answers.Where(one => prompts.Contains(PromptOf(one.Question))).ToList();
            if (own.Count > 0)
            {
                yield return Score(protocol with { Samples = own.Count, Settings = new(protocol.Settings, StringComparer.Ordinal) { ["prompts"] = part } }, own) with
                {
                    Category = $"{category.Name}/{part}", Expected = Enumerable.Range(0, set.Jobs.Count).Count(question => prompts.Contains(PromptOf(question))),
                };
            }
        }
    }

    private string PromptOf(int question) => set.Plan.Prompts[question / set.Plan.PerPrompt];
}
