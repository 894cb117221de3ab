namespace Pagoda.Data.Folders;

/// <summary>Pictures in files, known by number, with their captions; safe to be asked from several threads.</summary>
public interface IPictureList
{
    /// <summary>What it was read from: a folder or a table.</summary>
    string Name { get; }

    /// <summary>How many pictures there are.</summary>
    int Count { get; }

    /// <summary>The path of a picture.</summary>
    string PathOf(int index);

    /// <summary>Its captions, at least one.</summary>
    /// <exception cref="DataException">There are none (with a <see cref="Defect"/>).</exception>
    IReadOnlyList<string> CaptionsOf(int index);
}
