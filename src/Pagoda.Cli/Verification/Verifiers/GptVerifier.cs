using Pagoda.Generation.ClipGen;
using Pagoda.Models.Gpt;
using Pagoda.Torch;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>Transformers over picture tokens, CLIP-GEN's and taming-transformers': logits, loss, gradients, greedy sequences, filters.</summary>
internal sealed class GptVerifier : IFixtureVerifier
{
    private const string Gradient = "grad.", Filtered = "output.filtered.top_k_";

    public bool Recognises(Fixture fixture) => fixture.Has("n_layer") && fixture.Has("vocab_size") && fixture.Has("block_size") && fixture.Lists("output.greedy");

    public void Verify(FixtureRun run)
    {
        var fixture = run.Fixture;
        var model = GptLoader.Build(run.Weights(), Device.Cpu, inferred => inferred with
        {
            Heads = fixture.Int("n_head"),
            Unmasked = fixture.Has("n_unmasked") ? fixture.Int("n_unmasked") : 0,
        });
        try
        {
            var tokens = run.Input("idx");
            if (model.Config.ConditionWidth > 0)
            {
                VerifyConditional(run, model, tokens);
            }
            else
            {
                VerifyPlain(run, model, tokens);
            }
        }
        finally
        {
            model.Free();
        }
    }

    private static void VerifyConditional(FixtureRun run, GptModel model, Tensor tokens)
    {
        var condition = run.Input("embed").WithGrad();
        model.Weights.SetTrainable("", true);
        var logits = model.Forward(tokens, condition);
        run.Near("output.logits", logits);
        Loss(run, model, logits, tokens, condition);
        Greedy(run, model, "output.greedy", model.ProjectCondition(condition), tokens.Narrow(1, 0, 0), skip: 0);
        foreach (var name in run.ExpectedNames().Where(name => name.StartsWith(Filtered, StringComparison.Ordinal)).ToList())
        {
            var numbers = name[Filtered.Length..].Split("_top_p_");
            var filtered = TokenFilter.Apply(
                run.Input("raw_logits"), int.Parse(numbers[0], System.Globalization.CultureInfo.InvariantCulture), double.Parse(numbers[1], System.Globalization.CultureInfo.InvariantCulture));
            Infinite(run, name, filtered);
        }
    }

    private static void VerifyPlain(FixtureRun run, GptModel model, Tensor tokens)
    {
        model.Weights.SetTrainable("", true);
        var logits = model.Continue(tokens);
        run.Near("output.logits", logits);
        Loss(run, model, logits, run.Input("targets"), condition: null);
        run.Near("output.logits_with_embeddings", model.Continue(tokens, run.Input("embeddings")));
        Infinite(run, "output.top_k_logits", TokenFilter.TopK(logits.Select(1, tokens.Size(1) - 1), run.Fixture.Int("top_k")));
        var given = tokens.Narrow(1, 0, run.Expected("output.greedy").Length / tokens.Size(0) - run.Fixture.Int("steps"));
        Greedy(run, model, "output.greedy", null, given, skip: 0);
        Greedy(run, model, "output.greedy_cached", null, given, skip: given.Size(1));
    }

    private static void Loss(FixtureRun run, GptModel model, Tensor logits, Tensor targets, Tensor? condition)
    {
        var loss = logits.Reshape([-1, logits.Size(-1)]).CrossEntropyLoss(targets.Reshape([-1]));
        run.Near("output.loss", loss);
        foreach (var name in run.ExpectedNames().Where(name => name.StartsWith(Gradient, StringComparison.Ordinal)).ToList())
        {
            var (own, part) = GptNames.Own(name[Gradient.Length..]);
            var gradient = Autograd.Grad(loss, [own == "embed" ? condition! : model.Weights.Parameters[own]], retainGraph: true)[0];
            run.Near(name, part is null ? gradient : gradient.Chunk(3, 0)[part.Value]);
        }
    }

    /// <summary>
    /// The most likely tokens one after another: all positions anew each time, with the cache, and with Pagoda's own kernels. The
    /// three differ only where first positions see each other: the cache, as the reference's, lets them see what came at first.
    /// </summary>
    private static void Greedy(FixtureRun run, GptModel model, string name, Tensor? prefix, Tensor given, long skip)
    {
        using var frozen = GradMode.Disable();
        var (steps, same, cached) = (run.Fixture.Int("steps"), model.Config.Unmasked <= 1, name.EndsWith("cached", StringComparison.Ordinal));
        if (same || !cached)
        {
            Compare("without cache", Uncached(model, prefix, given, steps));
        }

        if (same || cached)
        {
            Compare("with cache", Cached(run, model, given, steps, ownKernels: false));
            Compare("with cache, own kernels", Cached(run, model, given, steps, ownKernels: true));
        }

        void Compare(string note, (Tensor Tokens, Tensor Margins) found)
        {
            run.Add(name, FixtureRun.Difference(FixtureRun.Flat(found.Tokens.Narrow(1, skip, found.Tokens.Size(1) - skip)), run.Expected(name)), 0, note);
            if (same)
            {
                run.Near("output.greedy_margin", found.Margins);
            }
            else if (!cached)
            {
                // The reference looked at all positions at once, in hindsight: first positions see what was chosen after them.
                var all = model.Continue(found.Tokens.Narrow(1, 0, found.Tokens.Size(1) - 1), prefix);
                run.Near("output.greedy_margin", Margin(all.Narrow(1, all.Size(1) - steps, steps).Topk(2).Item1));
            }
        }
    }

    private static (Tensor Tokens, Tensor Margins) Uncached(GptModel model, Tensor? prefix, Tensor given, int steps) =>
        Follow(given, steps, tokens =>
        {
            var logits = model.Continue(tokens, prefix);
            return logits.Select(1, logits.Size(1) - 1);
        });

    private static (Tensor Tokens, Tensor Margins) Cached(FixtureRun run, GptModel model, Tensor given, int steps, bool ownKernels)
    {
        using var decoder = new GptDecoder(model, given.Size(0), ownKernels);
        return Follow(given, steps, tokens =>
            decoder.Length > 0 ? decoder.Next(tokens.Select(1, tokens.Size(1) - 1))
            : model.Config.ConditionWidth > 0 ? decoder.Begin(run.Input("embed"))
            : decoder.Next(tokens));
    }

    private static (Tensor Tokens, Tensor Margins) Follow(Tensor given, int steps, Func<Tensor, Tensor> logits)
    {
        var tokens = given;
        var margins = new List<Tensor>();
        for (var step = 0; step < steps; step++)
        {
            var (best, indices) = logits(tokens).Topk(2);
            margins.Add(Margin(best));
            tokens = Ops.Cat([tokens, indices.Narrow(1, 0, 1)], 1);
        }

        return (tokens, Ops.Stack([.. margins], 1));
    }

    private static Tensor Margin(Tensor best) => best.Select(-1, 0) - best.Select(-1, 1);

    /// <summary>Compares logits in which the same entries must be minus infinity.</summary>
    private static void Infinite(FixtureRun run, string name, Tensor actual)
    {
        float[] expected = run.Expected(name), found = FixtureRun.Flat(actual);
        var same = expected.Length == found.Length && expected.Zip(found).All(pair => float.IsNegativeInfinity(pair.First) == float.IsNegativeInfinity(pair.Second));
        static float[] Finite(float[] values) => [.. values.Select(value => float.IsNegativeInfinity(value) ? 0 : value)];
        var scale = Finite(expected).Max(Math.Abs);
        run.Add(name, same ? FixtureRun.Difference(Finite(found), Finite(expected)) / scale : double.PositiveInfinity, run.Fixture.Tolerance);
    }
}
