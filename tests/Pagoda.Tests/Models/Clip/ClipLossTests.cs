using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Clip;

public class ClipLossTests
{
    [Fact]
    public void Compute_TwoPairs_IsTheMeanOfBothCrossEntropies()
    {
        using var scope = new TensorScope();
        var images = Tensor.From([1f, 0, 0, 1], 2, 2);
        var texts = Tensor.From([1f, 0, 1, 0], 2, 2);
        // Similarities [[2, 2], [0, 0]]: rows lose ln 2 and ln 2, columns ln(1 + e^-2) and 2 + ln(1 + e^-2).
        var expected = (Math.Log(2) + 1 + Math.Log(1 + Math.Exp(-2))) / 2;
        Assert.Equal(expected, ClipLoss.Compute(images, texts, Tensor.FromScalar(Math.Log(2))).ToDouble(), 1e-6);
    }
}
