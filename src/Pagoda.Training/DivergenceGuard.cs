using System.Globalization;
using System.Text.Json;

namespace Pagoda.Training;

/// <summary>
/// Watches a run's figures for what diverging energy training looks like: numbers that are none, gradients far above their
/// usual size, negatives that the model likes better than real pictures, negatives driven to black and white.
/// </summary>
internal sealed class DivergenceGuard(GuardOptions options)
{
    private const int Window = 100;

    /// <summary>Norms before there is a usual size.</summary>
    private const int FewNorms = 20;

    private Queue<double> _norms = [];
    private Dictionary<string, int> _inARow = [];

    /// <summary>Steps that an alarm looks back on: a checkpoint is good when it is older.</summary>
    public int Patience => options.Patience;

    /// <summary>Tells of a step before its weights change.</summary>
    /// <returns>What is wrong, as the second half of a sentence, and for how many steps it has been; null when all is well.</returns>
    public (string Problem, int Steps)? Judge(double loss, double gradientNorm, IReadOnlyList<(string Name, double Value)> figures)
    {
        if (!double.IsFinite(loss) || !double.IsFinite(gradientNorm))
        {
            return (double.IsFinite(loss) ? Text($"the gradient's norm is {gradientNorm}") : Text($"the loss is {loss}"), 1);
        }

        double? Figure(string name) => figures.Where(figure => figure.Name == name).Select(figure => (double?)figure.Value).FirstOrDefault();
        var usual = Median();
        var gap = Figure("painted") - Figure("real");
        var saturated = Figure("saturated");
        var found =
            Lasting("norm", options.GradientNorm > 0 && usual > 0 && gradientNorm > options.GradientNorm * usual, Text($"the gradient's norm is {gradientNorm:G3}, usually {usual:G3}"))
            ?? Lasting("gap", options.EnergyGap > 0 && gap > options.EnergyGap, Text($"the negatives' cosine is {gap:0.00} above the real pictures'"))
            ?? Lasting("saturation", options.Saturation > 0 && saturated > options.Saturation, Text($"{saturated:P0} of the negatives' numbers are black or white"));
        _norms.Enqueue(gradientNorm);
        if (_norms.Count > Window)
        {
            _norms.Dequeue();
        }

        return found;
    }

    /// <summary>What it remembers, as JSON text: a resumed run must raise an alarm at the same step as one that was not stopped.</summary>
    public string Save() => JsonSerializer.Serialize(new Memory([.. _norms], _inARow));

    /// <summary>Puts back what <see cref="Save"/> gave.</summary>
    public void Restore(string text)
    {
        var memory = JsonSerializer.Deserialize<Memory>(text)!;
        (_norms, _inARow) = (new Queue<double>(memory.Norms), memory.InARow);
    }

    /// <summary>Begins anew after the run has gone back.</summary>
    public void Forget()
    {
        _norms.Clear();
        _inARow.Clear();
    }

    private (string, int)? Lasting(string what, bool wrong, string problem)
    {
        var steps = _inARow[what] = wrong ? _inARow.GetValueOrDefault(what) + 1 : 0;
        return steps >= options.Patience ? (problem, steps) : null;
    }

    private double Median() => _norms.Count < FewNorms ? 0 : _norms.Order().ElementAt(_norms.Count / 2);

    private sealed record Memory(double[] Norms, Dictionary<string, int> InARow);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
