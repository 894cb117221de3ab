namespace Pagoda.Data;

/// <summary>
/// A picture as it is stored, with its captions; read when asked, on any thread. A broken sample, or what stands for the
/// rest of a broken shard, is one whose reading fails.
/// </summary>
/// <param name="Shard">The shard, table or folder that it belongs to.</param>
/// <param name="Key">Its name there; empty for what stands for a shard.</param>
/// <param name="Epoch">In which pass over the data it comes, from 0.</param>
public abstract record StoredSample(string Shard, string Key, long Epoch)
{
    /// <summary>What it is called in messages.</summary>
    public string Name => Key.Length == 0 ? Shard : $"{Key} of {Shard}";

    /// <summary>What is known to be wrong before anything is read; null otherwise.</summary>
    public virtual DataException? Broken => null;

    /// <summary>How many samples are lost with it, about, when it is broken.</summary>
    public virtual double Weight => 1;

    /// <summary>Its captions, at least one.</summary>
    /// <exception cref="DataException">There are none (with a <see cref="Defect"/>).</exception>
    public abstract IReadOnlyList<string> Captions();

    /// <summary>The bytes of its PNG, JPEG or WebP file.</summary>
    /// <exception cref="DataException">They cannot be read: with a <see cref="Defect"/> this one only, without all data.</exception>
    public abstract byte[] Picture();
}

/// <summary>A sample in memory, with the bytes of the text and JSON files beside its picture.</summary>
internal sealed record ReadSample(string Shard, string Key, long Epoch, byte[] Bytes, byte[]? Text, byte[]? Json) : StoredSample(Shard, Key, Epoch)
{
    public override IReadOnlyList<string> Captions() => Data.Captions.Beside(Name, Text, Json);

    public override byte[] Picture() => Bytes;
}

/// <summary>A sample, or the rest of a shard, that is left out.</summary>
internal sealed record BrokenSample(string Shard, string Key, long Epoch, DataException Error, double Lost = 1) : StoredSample(Shard, Key, Epoch)
{
    public override DataException Broken => Error;

    public override double Weight => Lost;

    public override IReadOnlyList<string> Captions() => throw Error;

    public override byte[] Picture() => throw Error;
}
