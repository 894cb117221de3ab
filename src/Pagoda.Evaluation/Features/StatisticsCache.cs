using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Pagoda.Evaluation.Pictures;
using Pagoda.Formats.Npz;
using Pagoda.Models.Catalogue;

namespace Pagoda.Evaluation.Features;

/// <summary>
/// Statistics of references, kept in the user's cache so that the next model is measured without looking at the real pictures again. The key is all
/// that decides them: the files' paths, sizes and times, the network's weights, the resizer and the blur.
/// </summary>
/// <param name="folder">Where they are kept.</param>
public sealed class StatisticsCache(string folder)
{
    // A change of what is computed makes old files useless.
    private const string Version = "1";

    /// <summary>That of the user: <c>statistics</c> in the folder of pulled models.</summary>
    public static StatisticsCache Default() => new(Path.Combine(ModelCache.Default().Folder, "statistics"));

    /// <summary>Where statistics of a source are kept; null for sources that cannot be told apart.</summary>
    public string? PathOf(PictureSource source, IFeatureNetwork network, double blur) => source.Stamp is not { } stamp ? null
        : Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{Version}\n{network.Name}\n{network.Weights}\n{network.Resizer}\n{blur}\n{stamp}"))))[..32] + ".npz");

    /// <summary>What is kept; null where there is nothing of use.</summary>
    /// <param name="path">What <see cref="PathOf"/> said.</param>
    /// <param name="rows">Whether features are needed.</param>
    public static PictureStatistics? Find(string? path, bool rows)
    {
        if (path is null || !File.Exists(path))
        {
            return null;
        }

        try
        {
            var found = PictureStatistics.Read(path);
            if (found.Origin is not null && (!rows || found.Rows is not null))
            {
                return found;
            }

            found.Dispose();
        }
        catch (NpzException)
        {
            // A damaged file is made again.
        }

        return null;
    }
}
