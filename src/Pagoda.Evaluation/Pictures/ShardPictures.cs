using System.Globalization;
using Pagoda.Data;
using Pagoda.Data.Shards;
using Pagoda.Formats.Images;

namespace Pagoda.Evaluation.Pictures;

/// <summary>The pictures of tar shards in the order in which they lie there, with the captions of the .txt or .json beside them, as webdataset has them.</summary>
internal sealed class ShardPictures : PictureSource
{
    private static readonly string[] s_parts = [.. Endings.Select(ending => ending[1..])];
    private readonly IReadOnlyList<string> _shards;

    public ShardPictures(string pattern)
    {
        (Name, _shards) = (pattern, ShardPattern.Expand(pattern));
        if (_shards.FirstOrDefault(shard => !File.Exists(shard)) is { } missing)
        {
            throw new InvalidDataException($"There is no {missing}, which {pattern} names.");
        }
    }

    public override string Name { get; }

    public override string Description => string.Create(CultureInfo.InvariantCulture, $"pictures ({Kinds}) of {_shards.Count:N0} tar shard(s) of {Name}");

    public override int? Count => null;

    public override string? Stamp => string.Join('\n', _shards.Select(ZipPictures.StampOf));

    public override IEnumerable<Func<SourcePicture>> Read(Share share)
    {
        var count = 0;
        foreach (var sample in _shards.SelectMany(shard => TarSamples.Read(shard)))
        {
            var part = s_parts.FirstOrDefault(sample.Parts.ContainsKey);
            var name = $"{sample.Key} of {sample.Shard}";
            if (sample.TooLarge is { } large)
            {
                throw new PictureException($"{large} of {sample.Shard} is larger than any picture that is read.");
            }

            if (part is null)
            {
                continue;
            }

            var number = count++;
            if (share.Has(number))
            {
                yield return () => SourcePicture.Decode(number, name, sample.Parts[part], Caption(sample));
            }
        }

        if (count == 0)
        {
            throw new InvalidDataException($"There is no picture in {Name}; looked for {Kinds} in {_shards.Count} shard(s).");
        }
    }

    private static string? Caption(TarSample sample)
    {
        try
        {
            return Captions.Beside(sample.Key, sample.Parts.GetValueOrDefault("txt"), sample.Parts.GetValueOrDefault("json"))[0];
        }
        catch (DataException)
        {
            // Real pictures need none.
            return null;
        }
    }
}
