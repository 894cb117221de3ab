using FsCheck;
using FsCheck.Fluent;
using Pagoda.Torch;
using Pagoda.Torch.Optimizers;

namespace Pagoda.Tests.Torch;

/// <summary>The numbers are torch.optim's of PyTorch 1.13: /usr/bin/python3 reference_numbers.py, beside this file.</summary>
public sealed class OptimizerTests
{
    public static TheoryData<string, float[]> Reference => new()
    {
        { "Adam", [0.111640669f, -0.849999905f, 1.77093828f] },
        { "Adam, decay 0.2", [0.101749159f, -0.851013899f, 1.599177f] },
        { "AdamW, decay 0.2, betas 0.8 0.9", [0.0822910592f, -0.764800906f, 1.61175609f] },
        { "SGD", [0.400000006f, -1.13000011f, 1.972f] },
        { "SGD, momentum 0.9, decay 0.2", [0.230554536f, -0.767371118f, 1.61068833f] },
    };

    [Theory]
    [MemberData(nameof(Reference))]
    public void Step_FourTimes_EndsWherePyTorchEnds(string name, float[] expected)
    {
        using var scope = new TensorScope();
        var weight = Start();
        var optimizer = Make(name, weight);

        for (var step = 0; step < 4; step++)
        {
            weight.Grad = Gradient(step);
            optimizer.Step();
        }

        Numbers.Near(expected, weight);
    }

    [Theory]
    [InlineData("Adam, decay 0.2")]
    [InlineData("SGD, momentum 0.9, decay 0.2")]
    public void Restore_InTheMiddle_EndsAtTheSameBits(string name)
    {
        using var scope = new TensorScope();
        var (whole, stopped) = (Start(), Start());
        var (first, second) = (Make(name, whole), Make(name, stopped));
        Run(first, whole, 0, 4);
        Run(second, stopped, 0, 2);
        var saved = second.State.ToDictionary(state => state.Name, state => state.Tensor.Clone());

        var resumed = Make(name, stopped);
        resumed.Restore(2, saved.GetValueOrDefault);
        Run(resumed, stopped, 2, 4);

        Assert.Equal(whole.ToArray<float>(), stopped.ToArray<float>());

        static void Run(Optimizer optimizer, Tensor weight, int from, int to)
        {
            for (var step = from; step < to; step++)
            {
                weight.Grad = Gradient(step);
                optimizer.Step();
            }
        }
    }

    [Fact]
    public void Step_WithoutAGradient_LeavesTheWeight()
    {
        using var scope = new TensorScope();
        var (with, without) = (Start(), Start());
        var optimizer = new AdamW([with, without], learningRate: 0.1);
        with.Grad = Gradient(0);

        optimizer.Step();

        Assert.Equal(Start().ToArray<float>(), without.ToArray<float>());
        Assert.NotEqual(Start().ToArray<float>(), with.ToArray<float>());
        optimizer.ZeroGrad();
        Assert.Null(with.Grad);
    }

    [Fact]
    public void ClipGradients_AboveTheLimit_ScalesAsPyTorch()
    {
        using var scope = new TensorScope();
        var (a, b) = (Ops.Zeros([2]).WithGrad(), Ops.Zeros([1]).WithGrad());
        (a.Grad, b.Grad) = (Tensor.From([3f, 4f]), Tensor.From([12f]));
        var optimizer = new AdamW([a, b], learningRate: 0.1);

        Assert.Equal(13, optimizer.ClipGradients(6.5), 5);
        Numbers.Near([1.49999988f, 1.99999988f], a.Grad!);
        Numbers.Near([5.99999952f], b.Grad!);
    }

    [Fact]
    public void ClipGradients_AnyGradients_LimitsTheNormAndKeepsTheDirection()
    {
        var cases =
            from values in Gen.Choose(-1000, 1000).ArrayOf(6)
            from limit in Gen.Choose(1, 2000)
            select (Values: values.Select(value => value / 100f).ToArray(), Limit: limit / 100.0);
        Prop.ForAll(cases.ToArbitrary(), given =>
        {
            using var scope = new TensorScope();
            var weight = Ops.Zeros([6]).WithGrad();
            weight.Grad = Tensor.From(given.Values);
            var norm = Math.Sqrt(given.Values.Sum(value => (double)value * value));

            var before = new AdamW([weight], learningRate: 0.1).ClipGradients(given.Limit);

            var factor = Math.Min(1, given.Limit / (norm + 1e-6));
            return Math.Abs(before - norm) < 1e-3
                && weight.Grad!.ToArray<float>().Zip(given.Values).All(pair => Math.Abs(pair.First - (pair.Second * factor)) < 1e-4);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void At_TheCornersOfACosineSchedule_IsExact()
    {
        var schedule = new CosineSchedule(Peak: 1, WarmUp: 4, Total: 14, Floor: 0.2);

        Assert.Equal([0.25, 0.5, 0.75, 1, 1], [schedule.At(0), schedule.At(1), schedule.At(2), schedule.At(3), schedule.At(4)]);
        Assert.Equal(0.6, schedule.At(9), 12);
        Assert.Equal(0.2, schedule.At(14), 12);
        Assert.Equal(0.2, schedule.At(1000), 12);
    }

    [Fact]
    public void At_AnyCosineSchedule_RisesThenFallsWithinItsBounds()
    {
        var cases =
            from warmUp in Gen.Choose(0, 50)
            from rest in Gen.Choose(1, 200)
            from floor in Gen.Choose(0, 100)
            select new CosineSchedule(1, warmUp, warmUp + rest, floor / 100.0);
        Prop.ForAll(cases.ToArbitrary(), schedule => Enumerable.Range(0, (int)schedule.Total + 5).All(step =>
            schedule.At(step) > 0 - 1e-12
            && schedule.At(step) <= 1 + 1e-12
            && (step + 1 < schedule.WarmUp ? schedule.At(step + 1) > schedule.At(step) : step < schedule.WarmUp || schedule.At(step + 1) <= schedule.At(step))))
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Update_OfAMovingAverage_FollowsTheFormula()
    {
        using var scope = new TensorScope();
        var weight = Tensor.From([0f, 10f]);
        var average = new ExponentialMovingAverage([("w", weight)], decay: 0.5);
        weight.Copy_(Tensor.From([10f, 10f]));

        average.Update(step: 0); // decay 1/10: nearly the new weight
        Numbers.Near([9f, 10f], average.Average["w"]);
        weight.Zero_();
        average.Update(step: 100); // decay 0.5
        Numbers.Near([4.5f, 5f], average.Average["w"]);

        average.Restore(_ => Tensor.From([1f, 2f]));
        Numbers.Near([1f, 2f], average.Average["w"]);
        average.Average["w"].Dispose();
    }

    private static Tensor Start() => Tensor.From([0.5f, -1.25f, 2f]).WithGrad();

    private static Tensor Gradient(int step) => Tensor.From([0.1f * (step + 1), -0.3f, 0.02f * step * step]);

    private static Optimizer Make(string name, Tensor weight)
    {
        ParameterGroup Group(double decay) => new([("w", weight)], decay);
        return name switch
        {
            "Adam" => new Adam([Group(0)], 0.1),
            "Adam, decay 0.2" => new Adam([Group(0.2)], 0.1),
            "AdamW, decay 0.2, betas 0.8 0.9" => new AdamW([Group(0.2)], 0.1, 0.8, 0.9),
            "SGD" => new Sgd([Group(0)], 0.1),
            _ => new Sgd([Group(0.2)], 0.1, momentum: 0.9),
        };
    }
}
