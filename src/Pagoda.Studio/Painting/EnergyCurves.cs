using Pagoda.Generation;

namespace Pagoda.Studio.Painting;

/// <summary>How the energies of a job's pictures go, step by step: told by the thread that paints, which may be a picture ahead of the one that reads.</summary>
internal sealed class EnergyCurves : IProgress<StepEnergy>
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, Curve> _curves = [];

    public void Report(StepEnergy value)
    {
        lock (_lock)
        {
            Of(value.Index).Add(value.Step, value.Energy);
        }
    }

    /// <summary>Adds a frame's energy, which no step has told where no critic's gradient paints.</summary>
    /// <returns>The points since the last call for this picture, pairs of step and energy.</returns>
    public IReadOnlyList<double[]> Add(Frame frame)
    {
        lock (_lock)
        {
            var curve = Of(frame.Index);
            curve.AddNewer(frame.Step, frame.Energy);
            return curve.News();
        }
    }

    /// <summary>All points of a picture, whose last frame this is, and forgets them.</summary>
    public IReadOnlyList<double[]> End(Frame frame)
    {
        lock (_lock)
        {
            var curve = Of(frame.Index);
            curve.AddNewer(frame.Step, frame.Energy);
            _curves.Remove(frame.Index);
            return curve.Points;
        }
    }

    private Curve Of(int picture) => _curves.TryGetValue(picture, out var curve) ? curve : _curves[picture] = new Curve();

    private sealed class Curve
    {
        private const int Most = 400;
        private int _every = 1;
        private int _told;

        public List<double[]> Points { get; private set; } = [];

        public void Add(int step, double energy)
        {
            if (step % _every != 0)
            {
                return;
            }

            Points.Add([step, Math.Round(energy, 5)]);
            if (Points.Count > Most)
            {
                // Half of them go, and from now on half as many come.
                _every *= 2;
                Points = [.. Points.Where(point => point[0] % _every == 0)];
                _told /= 2;
            }
        }

        public void AddNewer(int step, double energy)
        {
            if (Points.Count == 0 || Points[^1][0] < step)
            {
                Points.Add([step, Math.Round(energy, 5)]);
            }
        }

        public IReadOnlyList<double[]> News()
        {
            var news = Points.Skip(_told).ToList();
            _told = Points.Count;
            return news;
        }
    }
}
