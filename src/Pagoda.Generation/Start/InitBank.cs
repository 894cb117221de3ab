using System.Globalization;
using Pagoda.Formats.Checkpoints;
using Pagoda.Generation.Augment;
using Pagoda.Models;
using Pagoda.Torch;

namespace Pagoda.Generation.Start;

/// <summary>
/// A bank of blurry pictures to start from: for each class of a data set the Gaussian of its pictures at 16 x 16 pixels, as in
/// CLIPAG's notebook (gmm_tiny_imagenet in royg27/CLIPAG: CLIPAG_T2I.ipynb). A class's covariance is kept as a factor F, with
/// covariance FᵀF + 1e-4 I, which takes a row a picture instead of 768 x 768 numbers.
/// </summary>
public sealed class InitBank : IDisposable
{
    /// <summary>Side of the pictures whose distribution is kept.</summary>
    public const int Side = 16;

    /// <summary>Numbers in such a picture.</summary>
    public const int Values = 3 * Side * Side;

    /// <summary>The file's name in a model's folder.</summary>
    public const string FileName = "bank.safetensors";

    private const double Ridge = 1e-4;
    private readonly Tensor _means;
    private readonly Tensor _factors;

    private InitBank(Tensor means, Tensor factors)
    {
        _means = means;
        _factors = factors;
    }

    /// <summary>How many classes it has.</summary>
    public int Classes => (int)_means.Size(0);

    /// <summary>Fits a bank to pictures. Classes are numbered by the order of their labels; a class may have any number of pictures.</summary>
    /// <param name="pictures"><c>[N, 3, S, S]</c> in [0, 1].</param>
    /// <param name="labels">The class of each.</param>
    /// <param name="rank">
    /// Rows of a factor. A class of at most so many pictures keeps its covariance exactly; of a larger one the directions of
    /// largest variance are kept.
    /// </param>
    /// <exception cref="ArgumentException">Pictures and labels differ in number, or there are none.</exception>
    public static InitBank Fit(Tensor pictures, ReadOnlySpan<long> labels, int rank = 64)
    {
        if (labels.IsEmpty || labels.Length != pictures.Size(0))
        {
            throw new ArgumentException($"{pictures.Size(0)} pictures need as many labels, at least one; {labels.Length} were given.", nameof(labels));
        }

        var byClass = labels.ToArray().Select((label, at) => (label, at)).GroupBy(pair => pair.label, pair => (long)pair.at).OrderBy(group => group.Key).ToList();
        using var frozen = GradMode.Disable();
        using var scope = new TensorScope();
        var size = (int)pictures.Size(3);
        // Without averaging, as the notebook reduces them.
        var matrix = SeparableSampling.Matrix(SeparableSampling.CropPositions(0, size, Side), 1, size, pictures.Device);
        var flat = ((SeparableSampling.Sample(pictures, matrix, matrix) * 2) - 1).Flatten(1);
        List<Tensor> means = [], factors = [];
        foreach (var group in byClass)
        {
            var own = flat.IndexSelect(0, Tensor.From(group.ToArray()).To(device: pictures.Device));
            var mean = own.Mean([0], keepdim: true);
            means.Add(mean);
            factors.Add(Factor((own - mean) / Math.Sqrt(own.Size(0)), Math.Min(rank, Values)));
        }

        return Own(Ops.Cat([.. means]), Ops.Stack([.. factors]));
    }

    /// <summary>Draws pictures.</summary>
    /// <param name="count">How many.</param>
    /// <param name="perClass">Pictures drawn from a class before the next class's turn; 0 spreads them over all classes.</param>
    /// <param name="generator">Source of randomness.</param>
    /// <returns><c>[count, 3, 16, 16]</c> in [0, 1].</returns>
    public Tensor Sample(int count, int perClass, Generator generator)
    {
        using var frozen = GradMode.Disable();
        var classes = Enumerable.Range(0, count)
            .Select(i => (perClass > 0 ? i / perClass : (long)i * Classes / count) % Classes).ToArray();
        var coefficients = Ops.Randn([count, 1, _factors.Size(1)], generator, ScalarType.Float32);
        var ridge = Noise.Normal([count, Values], generator) * Math.Sqrt(Ridge);
        var chosen = Tensor.From(classes);
        var spread = coefficients.Bmm(_factors.IndexSelect(0, chosen)).Squeeze(1);
        var samples = _means.IndexSelect(0, chosen) + spread + ridge;
        return ((samples + 1) / 2).Clamp(0, 1).Reshape([count, 3, Side, Side]);
    }

    /// <summary>Writes the bank, its factors in half precision.</summary>
    /// <exception cref="IOException">The file exists and may not be replaced, or the disk refuses.</exception>
    public void Save(string path, bool overwrite = false)
    {
        using var scope = new TensorScope();
        SafetensorsWriter.Write(
            path,
            [
                new TensorToWrite("mean", ScalarType.Float32, _means.Shape.ToArray(), _means.ToBytes()),
                new TensorToWrite("factor", ScalarType.Float16, _factors.Shape.ToArray(), _factors.To(ScalarType.Float16).ToBytes()),
            ],
            new Dictionary<string, string> { ["side"] = Side.ToString(CultureInfo.InvariantCulture), ["range"] = "-1..1" },
            overwrite);
    }

    /// <summary>Reads a bank.</summary>
    /// <exception cref="CheckpointException">The file is damaged or lacks a tensor.</exception>
    /// <exception cref="InvalidDataException">A tensor has an impossible shape.</exception>
    public static InitBank Load(string path)
    {
        using var file = new ArchiveWeights(SafetensorsFile.Open(path), mapped: true);
        using var scope = new TensorScope();
        var (means, factors) = (Read("mean"), Read("factor"));
        if (means.Dimensions != 2 || means.Size(1) != Values || means.Size(0) == 0
            || factors.Dimensions != 3 || factors.Size(0) != means.Size(0) || factors.Size(2) != Values)
        {
            throw new InvalidDataException($"{path}: a bank has mean [classes, {Values}] and factor [classes, rank, {Values}], not {means} and {factors}; make it anew.");
        }

        return Own(means, factors);

        Tensor Read(string name) => file.Read(name).To(ScalarType.Float32);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _means.Dispose();
        _factors.Dispose();
    }

    private static InitBank Own(Tensor means, Tensor factors)
    {
        using var scope = new TensorScope();
        return new InitBank(Copy(means), Copy(factors));
        Tensor Copy(Tensor tensor) => TensorScope.Release(tensor.Detach().To(device: Device.Cpu).Clone());
    }

    // rows^T rows is the covariance; both cases give [rank, Values] with the same product, or the closest of that rank.
    private static Tensor Factor(Tensor rows, int rank)
    {
        var count = rows.Size(0);
        if (count <= rank)
        {
            return rows.Pad([0, 0, 0, rank - count]);
        }

        if (count < Values)
        {
            // The same directions from the smaller of the two products.
            var among = rows.Matmul(rows.T()).LinalgEigh().Item2;
            return among.Narrow(1, count - rank, rank).T().Matmul(rows);
        }

        var (variances, directions) = rows.T().Matmul(rows).LinalgEigh();
        var largest = variances.Narrow(0, Values - rank, rank).ClampMin(0).Sqrt();
        return (directions.Narrow(1, Values - rank, rank) * largest).T();
    }
}
