using System.Diagnostics;
using System.Globalization;

namespace Pagoda.Torch.Distributed;

/// <summary>The first thing the ranks do: each says who it is, rank 0 sees that all are there and tells everyone.</summary>
internal sealed class Meeting(Store store, Launch launch, TimeSpan timeout)
{
    private const char Refusal = '!';

    /// <summary>All members, in order.</summary>
    /// <exception cref="DistributedException">Somebody is missing, or there twice, or counts otherwise.</exception>
    public Member[] Gather()
    {
        // What answers at the port may be another program that never answers a question.
        var gathering = Task.Run(() => launch.Rank == 0 ? Receive() : Join());
        try
        {
            if (!gathering.Wait(timeout + TimeSpan.FromSeconds(10)))
            {
                throw new DistributedException($"What answers at {Where} is not rank 0 of this run: set MASTER_PORT to a free port, the same for every rank.");
            }
        }
        catch (AggregateException problem)
        {
            throw problem.InnerException is DistributedException known
                ? known
                : new DistributedException($"What answers at {Where} broke off: rank 0 has ended, or another program uses that port.", problem.InnerException);
        }

        return gathering.Result;
    }

    private string Where => string.Create(CultureInfo.InvariantCulture, $"{launch.MasterAddress}:{launch.MasterPort}");

    private Member[] Join()
    {
        if (store.Add(Key("claims", launch.Rank), 1) > 1)
        {
            throw new DistributedException($"Another process already is rank {launch.Rank} of the run at {Where}: every process needs a rank of its own, and a run its own MASTER_PORT.");
        }

        store.Set(Key("member", launch.Rank), string.Create(CultureInfo.InvariantCulture, $"{launch.Size} {Member.Self(launch.Rank).Write()}"));
        var answer = Await("members") ?? throw new DistributedException(
            string.Create(CultureInfo.InvariantCulture, $"Rank 0 at {Where} did not call the ranks together within {timeout.TotalSeconds:0} s: was it started, for {launch.Size} processes?"));
        return answer[0] == Refusal
            ? throw new DistributedException(answer[1..])
            : [.. answer.Split('\n').Select((text, rank) => Member.Read(rank, text))];
    }

    private Member[] Receive()
    {
        var members = new Member[launch.Size];
        members[0] = Member.Self(0);
        var waited = Stopwatch.StartNew();
        var missing = Enumerable.Range(1, launch.Size - 1).ToList();
        while (missing.Count > 0)
        {
            missing.RemoveAll(rank => TryReceive(rank, members));
            if (missing.Count > 0 && waited.Elapsed > timeout)
            {
                var shown = string.Join(", ", missing.Take(8)) + (missing.Count > 8 ? ", …" : "");
                Refuse(string.Create(CultureInfo.InvariantCulture, $"{(missing.Count == 1 ? "Rank" : "Ranks")} {shown} of {launch.Size} did not come to {Where} within {timeout.TotalSeconds:0} s."));
            }

            Thread.Sleep(missing.Count > 0 ? 20 : 0);
        }

        store.Set("members", string.Join('\n', members.Select(member => member.Write())));
        return members;
    }

    private bool TryReceive(int rank, Member[] members)
    {
        if (store.Get(Key("member", rank)) is not { } text)
        {
            return false;
        }

        var space = text.IndexOf(' ', StringComparison.Ordinal);
        var member = Member.Read(rank, text[(space + 1)..]);
        if (int.Parse(text.AsSpan(0, space), CultureInfo.InvariantCulture) is var size && size != launch.Size)
        {
            Refuse($"The run has {launch.Size} processes for rank 0 but {size} for {member}: start all of them with the same number.");
        }

        members[rank] = member;
        return true;
    }

    private void Refuse(string sentence)
    {
        store.Set("members", Refusal + sentence);
        // Leaves the others the time to read it: the store ends with this process.
        Thread.Sleep(500);
        throw new DistributedException(sentence);
    }

    private string? Await(string key)
    {
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < timeout + TimeSpan.FromSeconds(5))
        {
            if (store.Get(key) is { } value)
            {
                return value;
            }

            Thread.Sleep(10);
        }

        return null;
    }

    private static string Key(string what, int rank) => string.Create(CultureInfo.InvariantCulture, $"{what}/{rank}");
}
