using System.Diagnostics;
using Pagoda.Formats.Images;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Pixels;
using Pagoda.Models.Style;
using Pagoda.Torch;
using Pagoda.Torch.Optimizers;

namespace Pagoda.Generation.Style;

/// <summary>Gives pictures a style that is said in words (CLIPstyler): a network is trained for the style, on one picture or on many.</summary>
/// <param name="critics">Who judges the style.</param>
/// <param name="features">Feature maps of pictures in [0, 1], by which a picture keeps what it shows.</param>
/// <param name="options">How the style is learnt.</param>
public sealed class StyleTransfer(IReadOnlyList<Critic> critics, Func<Tensor, IReadOnlyList<Tensor>> features, StyleOptions? options = null)
{
    // Measured: 4.4 GB for 3000 x 2000.
    private const long BytesPerPixel = 750;

    /// <summary>How the style is learnt.</summary>
    public StyleOptions Options { get; } = options ?? new StyleOptions();

    /// <summary>
    /// Trains a network for a style. For each step comes a frame with the first picture's square in the style so far; the last has
    /// <see cref="Frame.IsLast"/>. Of several pictures each step takes one in turn, and frames come at the first's. Cancelling ends it with the network as it then is: its loss falls
    /// with every step but for the chance of which parts were looked at, so that the latest picture counts as the best.
    /// </summary>
    /// <param name="network">The network, which is changed; as it is when the frames end, it gives other pictures the style in one pass (<see cref="Apply"/>).</param>
    /// <param name="contents">The pictures, at least one.</param>
    /// <param name="style">The style, in words.</param>
    /// <param name="seed">Of the parts that are looked at.</param>
    /// <param name="cancellationToken">Ends it within a step.</param>
    /// <exception cref="GenerationException">Something is out of its range, or not said.</exception>
    public IAsyncEnumerable<Frame> Train(StyleNetwork network, IReadOnlyList<Picture> contents, string style, ulong seed, CancellationToken cancellationToken = default)
    {
        Options.Check();
        if (string.IsNullOrWhiteSpace(style) || contents.Count == 0)
        {
            throw new GenerationException("A style in words, and a picture to give it to, are needed.");
        }

        return FrameThread.Run(1, (_, send, stop) => Train(network, contents, style, seed, send, stop), cancellationToken);
    }

    /// <summary>A picture in the style that a network was trained for, in one pass and at its own size.</summary>
    /// <exception cref="GenerationException">The picture is too large for this machine's memory.</exception>
    public static Picture Apply(StyleNetwork network, Picture picture)
    {
        var device = network.Weights.Parameters.First().Value.Device;
        RefuseTooLarge(picture.Width, picture.Height, device);
        using var scope = new TensorScope();
        using var frozen = GradMode.Disable();
        var whole = Mirrored(Mirrored(PicturePixels.ToTensor(picture.ToRgb(), device), 2), 3);
        return PicturePixels.ToPicture(network.Forward(whole).Narrow(2, 0, picture.Height).Narrow(3, 0, picture.Width).Contiguous());
    }

    /// <exception cref="GenerationException">The picture is too large for this machine's memory.</exception>
    internal static void RefuseTooLarge(int width, int height, Device device)
    {
        var (needed, there) = ((double)width * height * BytesPerPixel, (double)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        if (device == Device.Cpu && needed > there)
        {
            throw new GenerationException($"A picture of {width} x {height} pixels takes about {needed / 1e9:0} GB to style in one pass, and {there / 1e9:0} GB are there; make it smaller.");
        }
    }

    /// <summary>Pictures with their last rows or columns mirrored until they are a multiple of 4.</summary>
    private static Tensor Mirrored(Tensor pictures, int dimension)
    {
        var size = pictures.Size(dimension);
        long[] places = [.. Enumerable.Range(0, (int)((size + 3) / 4 * 4)).Select(i => i < size ? i : Math.Max(0, (2 * size) - 1 - i))];
        return places.Length == size ? pictures : pictures.IndexSelect(dimension, Tensor.From(places, places.Length).To(device: pictures.Device));
    }

    private void Train(StyleNetwork network, IReadOnlyList<Picture> contents, string style, ulong seed, Action<Frame> send, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        using var all = new TensorScope();
        using var generator = new Generator(seed);
        var device = critics[0].Model.Device;
        var loss = new StyleLoss(critics, style, Options, features);
        Tensor[] originals = [.. contents.Select(picture => PicturePixels.ToTensor(PicturePixels.Square(picture, Options.Size, Resampling.Lanczos), device))];
        StyleLoss.Original[] known = [.. originals.Select(loss.Know)];
        network.Weights.SetTrainable("", true);
        var adam = new Adam([new ParameterGroup([.. network.Weights.Parameters.Select(p => (p.Key, p.Value))], 0)]);
        var (best, step) = (double.PositiveInfinity, 0);
        for (; step < Options.Steps && !stop.IsCancellationRequested; step++)
        {
            using var scope = new TensorScope();
            var at = step % originals.Length;
            var styled = network.Forward(originals[at]);
            var terms = loss.Of(known[at], styled, generator);
            var energy = terms.Whole.ToDouble() - 1;
            Autograd.Backward(terms.Sum(Options));
            adam.LearningRate = Options.LearningRate * Math.Pow(0.5, step / Options.HalveEvery);
            adam.Step();
            foreach (var parameter in network.Weights.Parameters.Values)
            {
                parameter.Grad = null;
            }

            if (at == 0)
            {
                send(At(PicturePixels.ToPicture(styled.Detach()), energy, energy < best) with { Step = step + 1 });
                best = Math.Min(best, energy);
            }
        }

        network.Weights.SetTrainable("", false);
        using (GradMode.Disable())
        {
            var last = network.Forward(originals[0]);
            send(At(PicturePixels.ToPicture(last), loss.Whole(known[0], last).ToDouble() - 1, isBest: true) with { Step = step, IsLast = true, IsInterrupted = step < Options.Steps });
        }

        foreach (var (_, tensor) in adam.State)
        {
            tensor.Dispose();
        }

        Frame At(Picture picture, double energy, bool isBest) => new()
        {
            Index = 0, Seed = seed, Step = Options.Steps, Steps = Options.Steps, Energy = energy, Picture = picture, IsBest = isBest, Elapsed = clock.Elapsed,
        };
    }
}
