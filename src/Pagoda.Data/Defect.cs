namespace Pagoda.Data;

/// <summary>Why a sample, or the rest of a shard, is left out.</summary>
public enum Defect
{
    /// <summary>A shard cannot be opened, or is no tar archive.</summary>
    UnreadableShard,

    /// <summary>A shard's header is damaged; what comes after it is lost.</summary>
    DamagedShard,

    /// <summary>A shard ends before it should.</summary>
    TruncatedShard,

    /// <summary>A sample has no picture.</summary>
    NoPicture,

    /// <summary>A sample has no caption.</summary>
    NoCaption,

    /// <summary>A sample's JSON, its only caption, is not understood.</summary>
    WrongJson,

    /// <summary>A picture that a table or a listing names is not there.</summary>
    MissingFile,

    /// <summary>A picture's file cannot be read.</summary>
    UnreadableFile,

    /// <summary>A picture's bytes are of no known format, damaged or cut.</summary>
    UndecodablePicture,

    /// <summary>A file is larger than a picture can sensibly be.</summary>
    TooLarge,

    /// <summary>img2dataset noted that it could not fetch the picture; not counted as broken.</summary>
    NotDownloaded,
}
