using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>The contrastive loss and its gradients to pixels, features, scale and weights.</summary>
internal sealed class ClipLossVerifier : IFixtureVerifier
{
    private const string Gradient = "grad.";

    public bool Recognises(Fixture fixture) => fixture.ComesFrom("ClipLoss") && fixture.Lists("output.loss");

    public void Verify(FixtureRun run)
    {
        var model = ClipFixture.Model(run);
        var image = run.Input("image").WithGrad();
        var inputs = new Dictionary<string, Tensor> { ["image"] = image };
        foreach (var name in run.ExpectedNames().Where(name => name.StartsWith(Gradient, StringComparison.Ordinal)).Select(name => name[Gradient.Length..]))
        {
            if (model.Weights.Parameters.TryGetValue(name, out var parameter))
            {
                inputs[name] = parameter.WithGrad();
            }
        }

        inputs["image_features_normalized"] = ClipModel.Normalize(model.Visual.Forward(image));
        inputs["text_features_normalized"] = ClipModel.Normalize(model.Text.Forward(run.Input("text")));
        var loss = ClipLoss.Compute(inputs["image_features_normalized"], inputs["text_features_normalized"], model.LogitScale);
        run.Near("output.loss", loss);
        run.Near("output.image_features_normalized", inputs["image_features_normalized"]);
        run.Near("output.text_features_normalized", inputs["text_features_normalized"]);
        // A gradient to something the loss does not depend on is an error of libtorch's: only what is asked for takes part.
        var wanted = inputs.Where(input => run.Expects(Gradient + input.Key)).ToList();
        var gradients = Autograd.Grad(loss, [.. wanted.Select(input => input.Value)]);
        for (var i = 0; i < wanted.Count; i++)
        {
            run.Near(Gradient + wanted[i].Key, gradients[i]);
        }
    }
}
