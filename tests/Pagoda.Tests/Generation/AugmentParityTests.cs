using Pagoda.Generation.Augment;
using Pagoda.Torch;

namespace Pagoda.Tests.Generation;

public sealed class AugmentParityTests
{
    private const string Shared = "clipag_diffaugment.safetensors";

    [SharedFact("parity", Shared)]
    public void DiffAugment_GivenDraws_EqualsTheNotebook()
    {
        using var scope = new TensorScope();
        using var fixture = new Fixture(Shared);
        float[] Uniform(string name) => fixture.Input(name).ToArray<float>();
        long[] Whole(string name) => fixture.Input(name).ToArray<long>();
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

        Check("brightness", x => DiffAugment.Brightness(x, draws.Brightness));
        Check("saturation", x => DiffAugment.Saturation(x, draws.Saturation));
        Check("contrast", x => DiffAugment.Contrast(x, draws.Contrast));
        Check("translation", x => DiffAugment.Translate(x, draws.TranslationRows, draws.TranslationColumns));
        Check("resize_small", x => DiffAugment.Resize(x, resize[0]));
        Check("resize_large", x => DiffAugment.Resize(x, resize[1]));
        Check("cutout", x => DiffAugment.Cutout(x, draws.CutoutRows, draws.CutoutColumns));
        Check("full", x => new DiffAugment("color,translation,resize,cutout").Apply(x, draws));

        void Check(string name, Func<Tensor, Tensor> augment)
        {
            var image = fixture.Input("image").WithGrad();
            var output = augment(image);
            fixture.AssertClose($"output.{name}", output);
            fixture.AssertClose($"grad.{name}.image", Autograd.Grad((output * fixture.Input("gradient_weights")).Sum(), image));
        }
    }

    [SharedFact("parity", "clipag_dynamic_thresh.safetensors")]
    public void DynamicThreshold_EqualsTheNotebook()
    {
        using var scope = new TensorScope();
        using var fixture = new Fixture("clipag_dynamic_thresh.safetensors");
        foreach (var name in new[] { "wide", "narrow", "batch" })
        {
            var image = fixture.Input(name);
            fixture.AssertClose($"output.{name}.quantile_p0.995", DynamicThreshold.Quantile((image * 2) - 1, 0.995));
            foreach (var (p, text) in new[] { (0.995, "0.995"), (0.95, "0.95"), (0.5, "0.5") })
            {
                fixture.AssertClose($"output.{name}.p{text}", DynamicThreshold.Apply(image, p));
            }
        }
    }
}
