using Pagoda.Data;
using Pagoda.Models.Vqgan;

namespace Pagoda.Training.Tokens;

/// <summary>Pictures that were turned into tokens and embeddings before a run: files of one folder, held in memory.</summary>
internal sealed class TokenShards
{
    private readonly TokenFile[] _shards;
    private readonly long[] _ends;

    private TokenShards(IReadOnlyList<string> files, TokenFile[] shards)
    {
        (Files, _shards) = (files, shards);
        var sum = 0L;
        _ends = [.. shards.Select(shard => sum += shard.Names.Count)];
    }

    public IReadOnlyList<string> Files { get; }

    public int Count => (int)_ends[^1];

    /// <summary>Tokens a picture.</summary>
    public int Length => _shards[0].Height * _shards[0].Width;

    /// <summary>Numbers an embedding.</summary>
    public int Width => _shards[0].Embeddings.Count / _shards[0].Names.Count;

    public string CodebookHash => _shards[0].CodebookHash;

    /// <summary>Bytes held.</summary>
    public long Memory => 4L * Count * (Length + Width);

    /// <summary>Reads a folder's files, or one file.</summary>
    /// <exception cref="DataException">There are none, or they do not belong together.</exception>
    /// <exception cref="InvalidDataException">One is damaged.</exception>
    public static TokenShards Open(string path)
    {
        string[] files = File.Exists(path) ? [path]
            : Directory.Exists(path) ? [.. Directory.EnumerateFiles(path, "*.safetensors").Order(StringComparer.Ordinal)] : [];
        if (files.Length == 0)
        {
            throw new DataException($"{path} has no files of tokens (*.safetensors); ./run vqgan prepare writes them.");
        }

        var shards = files.Select(TokenFile.Read).ToArray();
        for (var i = 0; i < files.Length; i++)
        {
            var (first, shard) = (shards[0], shards[i]);
            if (shard.Embeddings.Count == 0)
            {
                throw new DataException($"{files[i]} has tokens but no embeddings to learn them from; ./run vqgan prepare writes both.");
            }

            if (shard.CodebookHash != first.CodebookHash || shard.Clip != first.Clip || (shard.Height, shard.Width) != (first.Height, first.Width)
                || shard.Embeddings.Count / shard.Names.Count != first.Embeddings.Count / first.Names.Count)
            {
                throw new DataException($"{files[i]} is of another VQGAN, CLIP or size than {files[0]}; keep them in folders of their own.");
            }
        }

        return new TokenShards(files, shards);
    }

    /// <summary>Copies a picture's tokens and embedding.</summary>
    public void Copy(int index, Span<long> tokens, Span<float> embedding)
    {
        var at = Array.BinarySearch(_ends, index + 1L) is var found && found >= 0 ? found : ~found;
        var (shard, row) = (_shards[at], (int)(index - (at > 0 ? _ends[at - 1] : 0)));
        var from = ((int[])shard.Tokens).AsSpan(row * Length, Length);
        for (var i = 0; i < from.Length; i++)
        {
            tokens[i] = from[i];
        }

        ((float[])shard.Embeddings).AsSpan(row * Width, Width).CopyTo(embedding);
    }
}
