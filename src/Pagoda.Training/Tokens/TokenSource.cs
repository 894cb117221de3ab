using Pagoda.Data;

namespace Pagoda.Training.Tokens;

/// <summary>The endless stream of prepared pictures: each once an epoch, in an order drawn anew; processes take turns.</summary>
internal sealed class TokenSource(TokenShards shards, ulong seed, Share share) : IBatchSource
{
    private const string What = "a stream of tokens";
    private int[] _order = [];
    private long _epoch = -1;
    private long _start;
    private long _index;

    public int Size => 0;

    public Batch Next(int count)
    {
        var tokens = new PreparedTokens(new long[count * shards.Length], new float[count * shards.Width]);
        for (var i = 0; i < count; i++)
        {
            var (epoch, at) = Math.DivRem(_start + (_index++ * share.Parts) + share.Part, shards.Count);
            if (epoch != _epoch)
            {
                (_epoch, _order) = (epoch, [.. Enumerable.Range(0, shards.Count)]);
                new SampleRandom(seed, epoch).Shuffle(_order);
            }

            shards.Copy(_order[at], tokens.Codes.AsSpan(i * shards.Length, shards.Length), tokens.Embeddings.AsSpan(i * shards.Width, shards.Width));
        }

        return new Batch([], [.. Enumerable.Repeat("", count)], Size) { Tokens = tokens };
    }

    public string Save() => Position.Write(new Place(_start, _index));

    public void Restore(string position)
    {
        var place = Understand(position);
        (_start, _index) = (place.Start, place.Index);
    }

    public void Restore(IReadOnlyList<string> positions)
    {
        if (positions.Count == share.Parts)
        {
            Restore(positions[share.Part]);
            return;
        }

        (_start, _index) = (positions.Select(Understand).Max(place => place.Start + (place.Index * positions.Count)), 0);
    }

    public void Dispose()
    {
    }

    private static Place Understand(string position)
    {
        var place = Position.Read<Place>(position, What);
        return place is { Start: >= 0, Index: >= 0 } ? place : throw Position.Wrong(position, What);
    }

    private sealed record Place(long Start, long Index);
}
