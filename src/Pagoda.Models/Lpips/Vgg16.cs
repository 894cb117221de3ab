using Pagoda.Torch;
using Pagoda.Torch.Layers;

namespace Pagoda.Models.Lpips;

/// <summary>
/// The convolutions of VGG-16 (arXiv 1409.1556, configuration D) up to relu5_3, with the outputs that LPIPS compares:
/// relu1_2, relu2_2, relu3_3, relu4_3, relu5_3. The channels are those of the weights.
/// </summary>
public sealed class Vgg16
{
    /// <summary>Numbers of the convolutions in torchvision's <c>features</c>, slice by slice; a pool stands before each slice but the first.</summary>
    private static readonly int[][] Numbers = [[0, 2], [5, 7], [10, 12, 14], [17, 19, 21], [24, 26, 28]];

    /// <summary>Channels of the real network.</summary>
    private static readonly long[] Published = [64, 128, 256, 512, 512];
    private readonly Conv2d[][] _slices;

    /// <summary>Builds the network.</summary>
    /// <param name="weights">Its subtree, with <c>sliceS.N</c>.</param>
    public Vgg16(Weights weights)
    {
        long width = 3;
        _slices = [.. Numbers.Select((numbers, slice) => numbers.Select(number =>
        {
            var here = weights[$"slice{slice + 1}"][number];
            var outputs = here.ShapeOf("weight") is [var stored, ..] ? stored : Published[slice];
            var layer = new Conv2d(here, width, outputs, kernel: 3, padding: 1);
            width = outputs;
            return layer;
        }).ToArray())];
        Widths = [.. Numbers.Select((numbers, slice) => weights[$"slice{slice + 1}"][numbers[^1]].ShapeOf("weight") is [var stored, ..] ? stored : Published[slice])];
    }

    /// <summary>Channels of the five outputs.</summary>
    public IReadOnlyList<long> Widths { get; }

    /// <summary>The names <c>sliceS.N</c> of all convolutions with torchvision's <c>features.N</c> for each.</summary>
    internal static IEnumerable<(string Slice, string Feature)> Names =>
        Numbers.SelectMany((numbers, slice) => numbers.Select(number => ($"slice{slice + 1}.{number}", $"features.{number}")));

    /// <summary>Normalised pictures <c>[N, 3, H, W]</c> to five maps, each half as wide and high as the one before.</summary>
    public Tensor[] Forward(Tensor x)
    {
        var outputs = new Tensor[_slices.Length];
        for (var slice = 0; slice < _slices.Length; slice++)
        {
            if (slice > 0)
            {
                x = x.MaxPool2d([2, 2], [2, 2]);
            }

            foreach (var layer in _slices[slice])
            {
                x = layer.Forward(x).Relu();
            }

            outputs[slice] = x;
        }

        return outputs;
    }
}
