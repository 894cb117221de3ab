namespace Pagoda.Studio.Jobs;

/// <summary>
/// Jobs that wait, in fair order: clients take turns, whoever was served longest ago first, and each client's jobs come as they were asked
/// for. It is not safe for several threads by itself.
/// </summary>
internal sealed class JobQueue
{
    private readonly Dictionary<string, LinkedList<Job>> _waiting = [];
    private readonly Dictionary<string, long> _served = [];
    private long _turns;

    /// <summary>Jobs that wait.</summary>
    public int Count { get; private set; }

    /// <summary>Jobs of one client that wait.</summary>
    public int CountOf(string client) => _waiting.TryGetValue(client, out var jobs) ? jobs.Count : 0;

    /// <summary>Puts a job at the end of its client's.</summary>
    public void Add(Job job)
    {
        if (!_waiting.TryGetValue(job.Client, out var jobs))
        {
            _waiting[job.Client] = jobs = [];
            // Who comes new or after a pause comes after those who have waited since their last turn, as if served just now.
            _served.TryAdd(job.Client, _turns++);
        }

        jobs.AddLast(job);
        Count++;
    }

    /// <summary>Takes a job out, wherever it stands.</summary>
    public bool Remove(Job job)
    {
        if (!_waiting.TryGetValue(job.Client, out var jobs) || !jobs.Remove(job))
        {
            return false;
        }

        Count--;
        Forget(job.Client, jobs);
        return true;
    }

    /// <summary>Takes the next job out; null when none waits.</summary>
    public Job? Take()
    {
        if (Count == 0)
        {
            return null;
        }

        var (client, jobs) = _waiting.MinBy(pair => _served[pair.Key]);
        var job = jobs.First!.Value;
        jobs.RemoveFirst();
        Count--;
        _served[client] = _turns++;
        Forget(client, jobs);
        return job;
    }

    /// <summary>All that wait, in the order in which they would be taken.</summary>
    public IReadOnlyList<Job> Order()
    {
        var clients = _waiting.OrderBy(pair => _served[pair.Key]).Select(pair => pair.Value.ToList()).ToList();
        var rounds = clients.Count == 0 ? 0 : clients.Max(jobs => jobs.Count);
        return [.. Enumerable.Range(0, rounds).SelectMany(round => clients.Where(jobs => jobs.Count > round).Select(jobs => jobs[round]))];
    }

    private void Forget(string client, LinkedList<Job> jobs)
    {
        if (jobs.Count == 0)
        {
            _waiting.Remove(client);
        }

        // Clients without jobs are remembered only as long as their last turn could matter.
        if (_served.Count > 1000)
        {
            foreach (var idle in _served.Keys.Where(name => !_waiting.ContainsKey(name)).ToList())
            {
                _served.Remove(idle);
            }
        }
    }
}
