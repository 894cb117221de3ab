using Pagoda.Generation.Augment;
using Pagoda.Torch;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>The augmentations of CLIPAG's notebook with their draws given: values and gradients.</summary>
internal sealed class DiffAugmentVerifier : IFixtureVerifier
{
    public bool Recognises(Fixture fixture) => fixture.ComesFrom("rand_brightness") && fixture.Has("resize_rand");

    public void Verify(FixtureRun run)
    {
        float[] Uniform(string name) => run.Input(name).ToArray<float>();
        long[] Whole(string name) => run.Input(name).ToArray<long>();
        var resize = Uniform("resize_rand");
        var draws = new DiffAugmentDraws
        {
            Brightness = Uniform("brightness_rand"),
            Saturation = Uniform("saturation_rand"),
            Contrast = Uniform("contrast_rand"),
            TranslationRows = Whole("translation_x"),
            TranslationColumns = Whole("translation_y"),
            Resize = resize[0],
            CutoutRows = Whole("cutout_offset_x"),
            CutoutColumns = Whole("cutout_offset_y"),
        };
        Compare(run, "brightness", x => DiffAugment.Brightness(x, draws.Brightness));
        Compare(run, "saturation", x => DiffAugment.Saturation(x, draws.Saturation));
        Compare(run, "contrast", x => DiffAugment.Contrast(x, draws.Contrast));
        Compare(run, "translation", x => DiffAugment.Translate(x, draws.TranslationRows, draws.TranslationColumns));
        Compare(run, "resize_small", x => DiffAugment.Resize(x, resize[0]));
        Compare(run, "resize_large", x => DiffAugment.Resize(x, resize[1]));
        Compare(run, "cutout", x => DiffAugment.Cutout(x, draws.CutoutRows, draws.CutoutColumns));
        Compare(run, "full", x => new DiffAugment("color,translation,resize,cutout").Apply(x, draws));
    }

    private static void Compare(FixtureRun run, string name, Func<Tensor, Tensor> augment)
    {
        var image = run.Input("image").WithGrad();
        var output = augment(image);
        run.Near($"output.{name}", output);
        run.Near($"grad.{name}.image", Autograd.Grad((output * run.Input("gradient_weights")).Sum(), image));
    }
}
