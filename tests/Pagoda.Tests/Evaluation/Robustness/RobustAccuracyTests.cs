using Pagoda.Evaluation.Robustness;
using Pagoda.Torch;
using Pagoda.Training.Attacks;

namespace Pagoda.Tests.Evaluation.Robustness;

public sealed class RobustAccuracyTests
{
    private const int Side = 4;
    private const int Classes = 3;

    /// <summary>Of a linear classifier it is known which pictures can be moved over a border: those nearer to it than the radius.</summary>
    [Theory]
    [InlineData(AttackNorm.L2, 0.015)]
    [InlineData(AttackNorm.L2, 0.04)]
    [InlineData(AttackNorm.LInfinity, 0.003)]
    [InlineData(AttackNorm.LInfinity, 0.007)]
    public void Linear_LosesThoseNearABorder(AttackNorm norm, double radius)
    {
        using var scope = new TensorScope();
        var (weights, images, labels, distances) = Scene(norm);
        var result = RobustAccuracy.Of(
            x => x.Reshape([-1, 3 * Side * Side]).Matmul(weights.T()), images, labels, new AttackOptions { Norm = norm, Radius = radius, StepSize = radius / 2, Steps = 10 }, new StrongAttack { Restarts = 2, Steps = 30 }, 1, atOnce: 16);

        Assert.Equal(1, result.Clean.Value);
        // Half a percent of the radius is what the last, short steps leave open.
        double Beyond(double of) => distances.Count(distance => distance > of) / (double)distances.Length;
        Assert.InRange(result.Strong.Value, Beyond(radius * 1.0001), Beyond(radius * 0.98));
        Assert.InRange(Beyond(radius), 0.05, 0.95);
        Assert.True(result.Strong.Value <= result.Attacked.Value && result.Attacked.Value <= result.Clean.Value, result.ToString());
    }

    [Fact]
    public void NoRadius_LosesNothing_AndWrongPicturesAreLostFromTheBeginning()
    {
        using var scope = new TensorScope();
        var (weights, images, labels, _) = Scene(AttackNorm.L2);
        var others = (labels + 1).To(ScalarType.Int64).Remainder(Classes).To(ScalarType.Int64);
        Func<Tensor, Tensor> logits = x => x.Reshape([-1, 3 * Side * Side]).Matmul(weights.T());
        var attack = new AttackOptions { Radius = 0, Steps = 2 };
        Assert.Equal(1, RobustAccuracy.Of(logits, images, labels, attack, new StrongAttack { Steps = 2 }, 1).Strong.Value);
        Assert.Equal(0, RobustAccuracy.Of(logits, images, others, attack, new StrongAttack { Steps = 2 }, 1).Attacked.Value);
        Assert.Throws<ArgumentException>(() => RobustAccuracy.Of(logits, images, labels.Narrow(0, 0, 3), attack, new StrongAttack(), 1));
        Assert.Throws<ArgumentException>(() => RobustAccuracy.Of(logits, images, labels, attack, new StrongAttack { Restarts = 0 }, 1));
    }

    /// <summary>A sure classifier's cross-entropy is flat, which hides its borders from the plain attack; the margin finds them.</summary>
    [Fact]
    public void SureClassifier_FoolsThePlainAttackOnly()
    {
        using var scope = new TensorScope();
        var (weights, images, labels, distances) = Scene(AttackNorm.L2);
        const double Radius = 0.03;
        var result = RobustAccuracy.Of(
            x => x.Reshape([-1, 3 * Side * Side]).Matmul(weights.T()) * 1e6, images, labels, new AttackOptions { Radius = Radius, StepSize = 0.015, Steps = 10 }, new StrongAttack { Restarts = 1, Steps = 30 }, 1);
        var share = distances.Count(distance => distance > Radius) / (double)distances.Length;
        Assert.Equal(1, result.Attacked.Value);
        Assert.InRange(result.Strong.Value, share - 0.05, share + 0.05);
    }

    /// <summary>64 pictures in the middle of the range, the classes that a linear classifier gives them, and how far the nearest border is.</summary>
    private static (Tensor Weights, Tensor Images, Tensor Labels, double[] Distances) Scene(AttackNorm norm)
    {
        using var generator = new Generator(1);
        var weights = Ops.Randn([Classes, 3 * Side * Side], generator, ScalarType.Float32);
        weights -= weights.Mean([1], keepdim: true);
        var images = (Ops.Rand([64, 3, Side, Side], generator, ScalarType.Float32) * 0.2) + 0.4;
        var logits = images.Reshape([64, -1]).Matmul(weights.T());
        var labels = logits.Argmax(1);
        var (of, rows, right) = (weights.ToArray<float>(), logits.ToArray<float>(), labels.ToArray<long>());
        var distances = new double[64];
        for (var i = 0; i < distances.Length; i++)
        {
            distances[i] = Enumerable.Range(0, Classes).Where(other => other != right[i]).Min(other =>
            {
                var way = Enumerable.Range(0, 3 * Side * Side).Select(k => (double)of[(right[i] * 3 * Side * Side) + k] - of[(other * 3 * Side * Side) + k]).ToArray();
                return (rows[(i * Classes) + right[i]] - rows[(i * Classes) + other]) / (norm == AttackNorm.L2 ? Math.Sqrt(way.Sum(value => value * value)) : way.Sum(Math.Abs));
            });
        }

        return (weights, images, labels, distances);
    }
}
