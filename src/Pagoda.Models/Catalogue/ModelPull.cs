using System.Security.Cryptography;

namespace Pagoda.Models.Catalogue;

/// <summary>Brings files of the catalogue into the cache.</summary>
public sealed class ModelPull(ModelCache cache, Downloader downloader, Uri? mirror = null)
{
    /// <summary>What a pull did.</summary>
    /// <param name="File">The file's full path.</param>
    /// <param name="Pin">What is known of it.</param>
    /// <param name="AlreadyHere">It lay in the cache and was left alone.</param>
    /// <param name="Pinned">Neither the catalogue nor an earlier pull knew its SHA-256: what was seen now counts from now on.</param>
    public sealed record Outcome(string File, PinnedFile? Pin, bool AlreadyHere, bool Pinned);

    /// <summary>
    /// The addresses that are tried in turn. With a mirror: the same path below the mirror's address, then
    /// <c>MIRROR/NAME/FILE</c>; the original server is not asked.
    /// </summary>
    public IReadOnlyList<(Uri From, Uri Original)> Addresses(CatalogueEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (mirror is null)
        {
            return [.. entry.Urls.Select(url => (url, url))];
        }

        var root = mirror.AbsoluteUri.TrimEnd('/');
        return
        [
            .. entry.Urls.Select(url => (new Uri(root + url.PathAndQuery), url)),
            .. entry.Urls.Select(url => (new Uri($"{root}/{entry.Name}/{entry.FileName(url)}"), url)),
        ];
    }

    /// <summary>Downloads the entry unless it is here; what the catalogue or an earlier pull knows of it must hold.</summary>
    /// <param name="entry">What to fetch.</param>
    /// <param name="force">Download even if it is here, and forget what an earlier pull recorded.</param>
    /// <param name="progress">Told how it goes.</param>
    /// <param name="cancellation">Stops; the part is kept for the next pull.</param>
    /// <exception cref="DownloadException">It could not be downloaded, or is not what it must be.</exception>
    public async Task<Outcome> RunAsync(
        CatalogueEntry entry, bool force = false, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (!force && cache.Find(entry) is { } present)
        {
            return new Outcome(present, ModelCache.Pin(present), AlreadyHere: true, Pinned: false);
        }

        var addresses = Addresses(entry);
        for (var i = 0; ; i++)
        {
            var (from, original) = addresses[i];
            var file = cache.PathOf(entry, original);
            var known = force ? null : ModelCache.Pin(file);
            try
            {
                var pin = await downloader.FetchAsync(
                    from, file, entry.Size ?? known?.Size, entry.Sha256 ?? known?.Sha256, progress, cancellation).ConfigureAwait(false);
                ModelCache.Pin(file, pin);
                return new Outcome(file, pin, AlreadyHere: false, Pinned: entry.Sha256 is null && known is null);
            }
            catch (DownloadException exception) when (exception.NotFound && i + 1 < addresses.Count)
            {
                progress?.Report(new DownloadProgress(0, null, exception.Message));
            }
        }
    }

    /// <summary>Reads a file of the cache again and holds it against the catalogue, else against what its pull recorded.</summary>
    /// <returns>What is wrong, in one sentence; <see langword="null"/> when all is well.</returns>
    public static async Task<string?> VerifyAsync(CatalogueEntry entry, string file, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var pin = ModelCache.Pin(file);
        if ((entry.Sha256 ?? pin?.Sha256) is not { } expected)
        {
            return "nothing is known to hold it against: no SHA-256 in the catalogue and no record of its pull";
        }

        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, useAsync: true);
        if ((entry.Size ?? pin?.Size) is { } size && stream.Length != size)
        {
            return $"it has {stream.Length:N0} bytes instead of {size:N0}; pull it again with --force";
        }

        var actual = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation).ConfigureAwait(false));
        return actual == expected ? null : $"its SHA-256 is {actual} instead of {expected}; pull it again with --force";
    }
}
