using Pagoda.Evaluation.Reports;
using Pagoda.Formats.Images;
using Pagoda.Generation.Pixels;
using Pagoda.Torch;

namespace Pagoda.Evaluation.Benchmarks.Scenes;

/// <summary>Counts how many pictures show what was asked, and beside it how many of the composer's own pictures the judge finds right: no painter can be expected to do better.</summary>
public static class SceneJudgement
{
    private const int AtOnce = 100;
    private const ulong Seed = 7;

    /// <summary>Judges the pictures of one task.</summary>
    /// <param name="reader">The judge.</param>
    /// <param name="questions">The questions, one for each prompt of the set.</param>
    /// <param name="set">The pictures; all of them are there.</param>
    /// <param name="weights">SHA-256 of the judge's file.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>A score for seen, one for unseen combinations.</returns>
    public static IReadOnlyList<Measurement> Of(SceneReader reader, IReadOnlyList<SceneQuestion> questions, PictureSet set, string weights, CancellationToken cancel)
    {
        var painted = Read(set.Jobs, job => PicturePixels.ToTensor(new ClipPreprocessing(SceneReader.ImageSize).Square(PictureFile.Load(set.PathOf(job)).ToRgb()), LibTorch.DefaultDevice));
        var real = Read(questions, question => Tensor.From(question.Picture, 1, 3, SceneReader.ImageSize, SceneReader.ImageSize).To(device: LibTorch.DefaultDevice));
        return
        [
            .. questions.Select(question => question.IsUnseen).Distinct().Select(unseen =>
            {
                var jobs = set.Jobs.Where(job => questions[job.Prompt].IsUnseen == unseen).ToList();
                var protocol = new Protocol { Measure = unseen ? "unseen" : "seen", Network = "scene-reader", Weights = weights, Samples = jobs.Count, Seed = Seed };
                return set.Measured(questions[0].Task.ToString().ToLowerInvariant(), protocol) with
                {
                    Expected = jobs.Count,
                    Score = Bootstrap.Share([.. jobs.GroupBy(job => job.Prompt).Select(group => (IReadOnlyCollection<bool>)[.. group.Select(job => Right(questions[job.Prompt], painted[job.Number]))])], Seed),
                    OnReal = Bootstrap.Share([.. questions.Index().Where(pair => pair.Item.IsUnseen == unseen).Select(pair => Right(pair.Item, real[pair.Index]))], Seed),
                };
            }),
        ];

        bool Right(SceneQuestion question, SceneReading reading) => reader.IsRight(question, reading);

        List<SceneReading> Read<T>(IReadOnlyList<T> items, Func<T, Tensor> pixels)
        {
            var readings = new List<SceneReading>(items.Count);
            foreach (var part in items.Chunk(AtOnce))
            {
                cancel.ThrowIfCancellationRequested();
                using var scope = new TensorScope();
                readings.AddRange(reader.Read(Ops.Cat([.. part.Select(pixels)])));
            }

            return readings;
        }
    }
}
