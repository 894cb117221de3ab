using System.Diagnostics;
using System.Globalization;

namespace Pagoda.Torch.Distributed;

/// <summary>
/// Finds out when a rank is lost. A thread with a store connection of its own gives signs of life, watches those of the next rank (so each
/// rank asks three things of the store per interval, however many ranks there are) and reads the verdict: the one sentence, written by
/// whichever rank found out first, that ends the run everywhere.
/// </summary>
internal sealed class Liveness : IDisposable
{
    private const string Goodbye = "goodbye";
    private static readonly TimeSpan Minute = TimeSpan.FromSeconds(45);

    private readonly Store _store;
    private readonly Lock _storeLock = new();
    private readonly Member[] _members;
    private readonly Launch _launch;
    private readonly ProcessGroupOptions _options;
    private readonly Action _abort;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private readonly Timer _watch;
    private long _lastRound = Stopwatch.GetTimestamp();
    private long _lastWatch = Stopwatch.GetTimestamp();
    private long _beats;
    private int _concluded;
    private bool _left;
    private volatile string? _lost;
    private volatile bool _noticed;

    /// <param name="store">Becomes this object's.</param>
    /// <param name="members">Every rank's, in order.</param>
    /// <param name="launch">This rank's.</param>
    /// <param name="options">Intervals and limits.</param>
    /// <param name="abort">Makes collectives under way give up.</param>
    public Liveness(Store store, Member[] members, Launch launch, ProcessGroupOptions options, Action abort)
    {
        _store = store;
        _members = members;
        _launch = launch;
        _options = options;
        _abort = abort;
        _thread = new Thread(Run) { IsBackground = true, Name = "signs of life" };
        _thread.Start();
        _watch = new Timer(_ => Watch(), null, options.HeartbeatInterval, options.HeartbeatInterval);
    }

    /// <summary>The sentence that ends the run, once there is one.</summary>
    public string? Lost => _lost;

    /// <summary>The sentence, taken note of by the main thread, which will end the process by itself now.</summary>
    public string? Notice()
    {
        var lost = _lost;
        _noticed |= lost is not null;
        return lost;
    }

    /// <summary>A collective failed: which rank is to blame? Gives every rank three intervals to show a sign of life.</summary>
    public string Investigate(string problem)
    {
        _noticed = true;
        var waited = Stopwatch.StartNew();
        try
        {
            var before = Beats();
            while (_lost is null && waited.Elapsed < 3 * _options.HeartbeatInterval)
            {
                Thread.Sleep(20);
            }

            if (_lost is null)
            {
                var after = Beats();
                var silent = Enumerable.Range(0, _members.Length).FirstOrDefault(rank => rank != _launch.Rank && (after[rank] == before[rank] || after[rank] == Goodbye), -1);
                Announce(silent < 0 ? $"{Named(_launch.Rank)} could not go on: {problem}"
                    : after[silent] == Goodbye ? $"{Named(silent)} left the run before the others did."
                    : $"{Named(silent)} is gone: its process has ended, or its machine cannot be reached.");
            }
        }
        catch (TorchException)
        {
            Conclude(StoreGone());
        }

        return _lost!;
    }

    /// <summary>Tells the other ranks that this one stops, and why.</summary>
    public void Fail(string sentence)
    {
        _noticed = true;
        Announce($"{Named(_launch.Rank)} stopped: {sentence}");
    }

    /// <summary>
    /// Says goodbye and frees the collectives. The rank that hosts the store stays until the others need it no more: until all have said
    /// goodbye, or have had the time to read why the run ends.
    /// </summary>
    public void Leave(bool hostsStore, Action freeCollectives)
    {
        _noticed = true;
        try
        {
            var left = _lost is null ? Count("goodbyes", 1) : 0;
            // Whoever is first out of the last collective must not cut the connections of those who are still in it.
            var together = Stopwatch.StartNew();
            while (_lost is null && left < _members.Length && together.Elapsed < TimeSpan.FromSeconds(2))
            {
                Thread.Sleep(5);
                left = Count("goodbyes", 0);
            }

            if (_lost is null)
            {
                freeCollectives();
            }

            while (hostsStore && _lost is null && left < _members.Length)
            {
                Thread.Sleep(50);
                left = Count("goodbyes", 0);
            }

            var linger = Stopwatch.StartNew();
            while (hostsStore && _lost is not null && linger.Elapsed < 3 * _options.HeartbeatInterval && Count("readers", 0) < _members.Length - 1)
            {
                Thread.Sleep(50);
            }
        }
        catch (TorchException)
        {
            // The store is gone, and with it everyone who could hear a goodbye.
        }
    }

    public void Dispose()
    {
        _watch.Dispose();
        _stop.Set();
        // A thread that hangs on a frozen host keeps its connection and ends with the process.
        if (_thread.Join(2 * _options.HeartbeatInterval))
        {
            _store.Dispose();
        }
    }

    private void Run()
    {
        var watched = Next(_launch.Rank);
        string? seen = null;
        var silent = 0;
        var patience = Math.Max(3, (int)Math.Ceiling(_options.HeartbeatLimit / _options.HeartbeatInterval));
        do
        {
            try
            {
                var (verdict, beat) = Ask(() =>
                {
                    if (!_left)
                    {
                        _store.Set(BeatKey(_launch.Rank), (++_beats).ToString(CultureInfo.InvariantCulture));
                    }

                    return (_store.Get("verdict"), _store.Get(BeatKey(watched)));
                });

                Volatile.Write(ref _lastRound, Stopwatch.GetTimestamp());
                if (verdict is not null)
                {
                    Count("readers", 1);
                    Conclude(verdict);
                }
                else if (watched == _launch.Rank || beat == Goodbye)
                {
                    watched = watched == _launch.Rank ? watched : Next(watched);
                    (seen, silent) = (null, 0);
                }
                else
                {
                    // Counted in rounds, not by the clock: whoever slept himself must not take the others for dead.
                    silent = beat == seen ? silent + 1 : 0;
                    seen = beat;
                    if (silent >= patience)
                    {
                        Announce(string.Create(CultureInfo.InvariantCulture, $"{Named(watched)} has given no sign of life for {_options.HeartbeatLimit.TotalSeconds:0.#} s."));
                    }
                }
            }
            catch (TorchException)
            {
                Conclude(StoreGone());
            }
        }
        while (_lost is null && !_stop.Wait(_options.HeartbeatInterval));
    }

    /// <summary>A host that is frozen answers nothing, so the thread above hangs too.</summary>
    private void Watch()
    {
        var now = Stopwatch.GetTimestamp();
        if (Stopwatch.GetElapsedTime(Interlocked.Exchange(ref _lastWatch, now), now) > (3 * _options.HeartbeatInterval) + TimeSpan.FromSeconds(1))
        {
            // This process was frozen itself.
            Volatile.Write(ref _lastRound, now);
        }
        else if (_lost is null && Stopwatch.GetElapsedTime(Volatile.Read(ref _lastRound), now) > _options.HeartbeatLimit)
        {
            Conclude(string.Create(CultureInfo.InvariantCulture, $"{StoreHost()} has not answered for {_options.HeartbeatLimit.TotalSeconds:0.#} s."));
        }
    }

    /// <summary>Makes a sentence the verdict, unless another rank was first: then the other's holds here too.</summary>
    private void Announce(string sentence)
    {
        try
        {
            if (Count("verdicts", 1) == 1)
            {
                Ask(() =>
                {
                    _store.Set("verdict", sentence);
                    return _store.Add("readers", 1);
                });
            }
            else
            {
                for (var tries = 0; tries < 50 && _lost is null; tries++)
                {
                    if (Ask(() => _store.Get("verdict")) is { } first)
                    {
                        sentence = first;
                        break;
                    }

                    Thread.Sleep(20);
                }
            }
        }
        catch (TorchException)
        {
            // Nobody can be told any more; this rank still ends.
        }

        Conclude(sentence);
    }

    private void Conclude(string sentence)
    {
        if (Interlocked.Exchange(ref _concluded, 1) == 0)
        {
            _lost = sentence;
            _abort();
            new Thread(EndProcess) { IsBackground = true, Name = "end of the run" }.Start();
        }
    }

    private void EndProcess()
    {
        if (_stop.Wait(_options.Grace) || (_noticed && _stop.Wait(Minute)))
        {
            return;
        }

        if (_options.OnLost is { } end)
        {
            end(_lost!);
        }
        else
        {
            Console.Error.WriteLine(_lost);
        }

        Native.ExitNow(1);
    }

    private string?[] Beats() => Ask(() => _members.Select(member => _store.Get(BeatKey(member.Rank))).ToArray());

    private long Count(string counter, long change) => Ask(() =>
    {
        if (counter == "goodbyes" && change > 0)
        {
            _left = true;
            _store.Set(BeatKey(_launch.Rank), Goodbye);
        }

        return _store.Add(counter, change);
    });

    /// <summary>A question to the store, one at a time. Nobody waits for long behind a question that a frozen host leaves unanswered.</summary>
    private T Ask<T>(Func<T> question)
    {
        if (!_storeLock.TryEnter(_options.HeartbeatLimit))
        {
            throw new TorchException("The store does not answer.");
        }

        try
        {
            return question();
        }
        finally
        {
            _storeLock.Exit();
        }
    }

    private int Next(int rank) => (rank + 1) % _members.Length;

    private static string BeatKey(int rank) => string.Create(CultureInfo.InvariantCulture, $"beat/{rank}");

    private string Named(int rank)
    {
        var name = _members[rank].ToString();
        return char.ToUpperInvariant(name[0]) + name[1..];
    }

    private string StoreHost() => _launch.LauncherHostsStore
        ? string.Create(CultureInfo.InvariantCulture, $"The launcher at {_launch.MasterAddress}:{_launch.MasterPort}, which keeps the ranks together,")
        : $"{Named(0)}, which keeps the ranks together,";

    private string StoreGone() => $"{StoreHost()} is gone: its process has ended, or its machine cannot be reached.";
}
