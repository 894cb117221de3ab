using Pagoda.Evaluation;
using Pagoda.Torch;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>The Inception Score from logits: mean and deviation over parts.</summary>
internal sealed class InceptionScoreVerifier : IFixtureVerifier
{
    private const string Mean = "output.mean", Deviation = "output.std";

    public bool Recognises(Fixture fixture) => fixture.ComesFrom("inception_score") && fixture.Lists(Mean);

    public void Verify(FixtureRun run)
    {
        var cases = run.Fixture.Setting("cases")!.Value;
        var scores = Enumerable.Range(0, cases.GetArrayLength()).Select(i => InceptionScore.Of(run.Input($"case{i}.logits"), cases[i][2].GetInt32())).ToList();
        run.Near(Mean, Tensor.From((double[])[.. scores.Select(score => score.Mean)]));
        run.Near(Deviation, Tensor.From((double[])[.. scores.Select(score => score.Deviation)]));
    }
}
