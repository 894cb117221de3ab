using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>Features, similarities and pixel gradients of CLIP models: OpenAI's and open_clip's, every image tower.</summary>
internal sealed class ClipVerifier : IFixtureVerifier
{
    public bool Recognises(Fixture fixture) => fixture.Lists("output.logits_per_image") && fixture.Lists("output.text_features");

    public void Verify(FixtureRun run)
    {
        var model = ClipFixture.Model(run);
        var image = run.Input("image").WithGrad();
        var imageFeatures = model.Visual.Forward(image);
        var textFeatures = model.Text.Forward(run.Input("text"));
        var imageRows = ClipModel.Normalize(imageFeatures);
        var textRows = ClipModel.Normalize(textFeatures);
        var cosine = (imageRows * textRows).Sum([-1]);
        var logits = model.LogitScale.Exp() * imageRows.Matmul(textRows.Transpose(0, 1));
        run.Near("output.image_features", imageFeatures);
        run.Near("output.text_features", textFeatures);
        run.Near("output.cosine", cosine);
        run.Near("output.image_features_normalized", imageRows);
        run.Near("output.text_features_normalized", textRows);
        run.Near("output.logits_per_image", logits);
        run.Near("output.logits_per_text", logits.Transpose(0, 1));
        run.Near("grad.image", Autograd.Grad(cosine.Sum(), image));
    }
}
