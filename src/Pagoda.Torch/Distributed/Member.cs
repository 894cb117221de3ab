using System.Globalization;

namespace Pagoda.Torch.Distributed;

/// <summary>What the ranks know of each other.</summary>
internal sealed record Member(int Rank, string Host, int Process)
{
    public static Member Self(int rank) => new(rank, Environment.MachineName, Environment.ProcessId);

    public string Write() => string.Create(CultureInfo.InvariantCulture, $"{Process} {Host}");

    public static Member Read(int rank, string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return new Member(rank, text[(space + 1)..], int.Parse(text.AsSpan(0, space), CultureInfo.InvariantCulture));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"rank {Rank} ({Host}, process {Process})");
}
