namespace Pagoda.Data;

/// <summary>64-bit FNV-1a (Fowler, Noll, Vo) over UTF-16 units: the same in every process.</summary>
internal static class TextHash
{
    public static ulong Of(string text)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var unit in text)
        {
            hash = (hash ^ unit) * 0x100000001B3UL;
        }

        return hash ^ (hash >> 32);
    }
}
