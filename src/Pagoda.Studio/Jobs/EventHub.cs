using System.Text;
using System.Text.Json;

namespace Pagoda.Studio.Jobs;

/// <summary>Hands what happens to those who watch. Nobody slow holds anybody up: of what changes often only the latest is kept for them.</summary>
internal sealed class EventHub
{
    private readonly Lock _lock = new();
    private readonly List<Subscription> _subscriptions = [];

    /// <summary>Those who watch.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _subscriptions.Count;
            }
        }
    }

    /// <summary>Begins to watch.</summary>
    /// <param name="job">One job alone; null for everything.</param>
    public Subscription Subscribe(string? job)
    {
        var subscription = new Subscription(this, job);
        lock (_lock)
        {
            _subscriptions.Add(subscription);
        }

        return subscription;
    }

    /// <summary>Whether anybody would see what happens to a job.</summary>
    public bool IsWatched(string job)
    {
        lock (_lock)
        {
            return _subscriptions.Exists(one => one.Job is null || one.Job == job);
        }
    }

    /// <summary>Tells what has happened.</summary>
    /// <param name="name">The event's name.</param>
    /// <param name="data">What it says.</param>
    /// <param name="job">The job that it is about; null where it is about all.</param>
    /// <param name="key">Of events with the same key only the latest matters.</param>
    public void Publish(string name, object data, string? job = null, string? key = null)
    {
        lock (_lock)
        {
            if (_subscriptions.Exists(one => one.Takes(job)))
            {
                var message = Message(name, data);
                _subscriptions.Where(one => one.Takes(job)).ToList().ForEach(one => one.Add(key, message));
            }
        }
    }

    /// <summary>An event as it goes over the wire.</summary>
    public static byte[] Message(string name, object data) => Encoding.UTF8.GetBytes($"event: {name}\ndata: {JsonSerializer.Serialize(data, StudioJson.Options)}\n\n");

    private void Leave(Subscription subscription)
    {
        lock (_lock)
        {
            _subscriptions.Remove(subscription);
        }
    }

    /// <summary>What one watcher has still to be told.</summary>
    internal sealed class Subscription(EventHub hub, string? job) : IDisposable
    {
        // Whoever is so far behind is let go, and gets a snapshot when coming back.
        private const int Most = 2000;
        private readonly Lock _lock = new();
        private readonly LinkedList<(string? Key, byte[] Message)> _messages = [];
        private readonly Dictionary<string, LinkedListNode<(string? Key, byte[] Message)>> _latest = [];
        private readonly SemaphoreSlim _signal = new(0);
        private bool _lost;

        public string? Job => job;

        /// <summary>Whether something has still to be told.</summary>
        public bool HasMore
        {
            get
            {
                lock (_lock)
                {
                    return _messages.Count > 0;
                }
            }
        }

        public bool Takes(string? about) => job is null || job == about;

        public void Add(string? key, byte[] message)
        {
            lock (_lock)
            {
                if (key is not null && _latest.TryGetValue(key, out var old))
                {
                    old.Value = (key, message);
                    return;
                }

                _lost |= _messages.Count >= Most;
                if (!_lost)
                {
                    var node = _messages.AddLast((key, message));
                    if (key is not null)
                    {
                        _latest[key] = node;
                    }
                }
            }

            _signal.Release();
        }

        /// <summary>Waits for the next event.</summary>
        /// <param name="patience">How long.</param>
        /// <param name="cancel">Ends the waiting.</param>
        /// <returns>The event; empty when none came; null when the watcher was too slow.</returns>
        public async Task<byte[]?> NextAsync(TimeSpan patience, CancellationToken cancel)
        {
            if (!await _signal.WaitAsync(patience, cancel))
            {
                return [];
            }

            lock (_lock)
            {
                if (_lost || _messages.First is not { } first)
                {
                    return null;
                }

                _messages.RemoveFirst();
                if (first.Value.Key is { } key)
                {
                    _latest.Remove(key);
                }

                return first.Value.Message;
            }
        }

        public void Dispose()
        {
            hub.Leave(this);
            _signal.Dispose();
        }
    }
}
