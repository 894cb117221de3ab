namespace Pagoda.Studio.Jobs;

/// <summary>What a server has done since it began.</summary>
internal sealed class StudioMetrics
{
    private readonly Lock _lock = new();
    private readonly Dictionary<JobState, long> _ended = [];
    private readonly SortedDictionary<(string Method, string Path, int Status), (long Count, double Seconds)> _requests = [];
    private double _painting;
    private double _frames;
    private long _created;
    private long _pictures;
    private long _steps;
    private long _previews;

    public void Created() => Interlocked.Increment(ref _created);

    public void Preview() => Interlocked.Increment(ref _previews);

    public void Ended(JobState state)
    {
        lock (_lock)
        {
            _ended[state] = _ended.GetValueOrDefault(state) + 1;
        }
    }

    /// <param name="steps">Steps of a picture.</param>
    /// <param name="time">What it took.</param>
    /// <param name="frames">What making and encoding its frames took of that.</param>
    public void Painted(int steps, TimeSpan time, TimeSpan frames)
    {
        lock (_lock)
        {
            _pictures++;
            _frames += frames.TotalSeconds;
            _steps += steps;
            _painting += time.TotalSeconds;
        }
    }

    /// <param name="method">Its method.</param>
    /// <param name="path">The pattern of its path, never the path itself: there are few of them.</param>
    /// <param name="status">How it was answered.</param>
    /// <param name="time">How long that took.</param>
    public void Request(string method, string path, int status, TimeSpan time)
    {
        lock (_lock)
        {
            var (count, seconds) = _requests.GetValueOrDefault((method, path, status));
            _requests[(method, path, status)] = (count + 1, seconds + time.TotalSeconds);
        }
    }

    /// <summary>All numbers in Prometheus' text form.</summary>
    /// <param name="gauges">What is so now: name, help, value.</param>
    public string Write(params ReadOnlySpan<(string Name, string Help, double Value)> gauges)
    {
        var text = new System.Text.StringBuilder();
        lock (_lock)
        {
            foreach (var (name, help, value) in gauges)
            {
                Head(name, help, "gauge");
                Line(name, "", value);
            }

            Head("pagoda_jobs_created_total", "Jobs taken on.", "counter");
            Line("pagoda_jobs_created_total", "", _created);
            Head("pagoda_jobs_ended_total", "Jobs that have ended, by how.", "counter");
            foreach (var state in new[] { JobState.Done, JobState.Failed, JobState.Cancelled })
            {
                Line("pagoda_jobs_ended_total", $"{{state=\"{state.ToString().ToLowerInvariant()}\"}}", _ended.GetValueOrDefault(state));
            }

            Head("pagoda_pictures_total", "Pictures painted.", "counter");
            Line("pagoda_pictures_total", "", _pictures);
            Head("pagoda_steps_total", "Steps painted.", "counter");
            Line("pagoda_steps_total", "", _steps);
            Head("pagoda_painting_seconds_total", "Seconds spent painting.", "counter");
            Line("pagoda_painting_seconds_total", "", _painting);
            Head("pagoda_frame_seconds_total", "Seconds spent on making and encoding frames.", "counter");
            Line("pagoda_frame_seconds_total", "", _frames);
            Head("pagoda_previews_total", "Previews encoded for those who watch.", "counter");
            Line("pagoda_previews_total", "", _previews);
            Head("pagoda_http_requests_total", "Requests answered.", "counter");
            foreach (var ((method, path, status), (count, _)) in _requests)
            {
                Line("pagoda_http_requests_total", $"{{method=\"{method}\",path=\"{path}\",status=\"{status}\"}}", count);
            }

            Head("pagoda_http_request_seconds_total", "Seconds until they were answered.", "counter");
            foreach (var ((method, path, status), (_, seconds)) in _requests)
            {
                Line("pagoda_http_request_seconds_total", $"{{method=\"{method}\",path=\"{path}\",status=\"{status}\"}}", seconds);
            }
        }

        return text.ToString();

        void Head(string name, string help, string type) => text.Append($"# HELP {name} {help}\n# TYPE {name} {type}\n");
        void Line(string name, string labels, double value) => text.Append($"{name}{labels} {value.ToString("R", System.Globalization.CultureInfo.InvariantCulture)}\n");
    }
}
