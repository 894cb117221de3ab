using Pagoda.Models.Catalogue;

namespace Pagoda.Models.Clip.Tokenizer;

/// <summary>Where CLIP's tokenizer is looked for when nobody says where it is.</summary>
public static class TokenizerPlaces
{
    /// <summary>The file name of OpenAI's list of merges.</summary>
    public const string Vocabulary = "bpe_simple_vocab_16e6.txt.gz";

    /// <summary>The name by which the catalogue knows it.</summary>
    public const string CatalogueName = "clip-vocabulary";

    /// <summary>
    /// A tokenizer in a folder (<c>tokenizer.json</c>, <c>vocab.json</c> with <c>merges.txt</c>, or the list of merges), else
    /// the file that <c>PAGODA_VOCAB</c> names, else the one in the cache; null when there is none.
    /// </summary>
    /// <exception cref="FileNotFoundException"><c>PAGODA_VOCAB</c> names a file that is not there.</exception>
    public static string? Find(string folder)
    {
        if (File.Exists(Path.Combine(folder, "tokenizer.json")))
        {
            return Path.Combine(folder, "tokenizer.json");
        }

        if (File.Exists(Path.Combine(folder, "vocab.json")) && File.Exists(Path.Combine(folder, "merges.txt")))
        {
            return folder;
        }

        return FindVocabulary(folder);
    }

    /// <summary>OpenAI's list of merges in a folder, at <c>PAGODA_VOCAB</c>, or in the cache; null when there is none.</summary>
    /// <exception cref="FileNotFoundException"><c>PAGODA_VOCAB</c> names a file that is not there.</exception>
    public static string? FindVocabulary(string folder)
    {
        var beside = Path.Combine(folder, Vocabulary);
        if (File.Exists(beside))
        {
            return beside;
        }

        if (Environment.GetEnvironmentVariable("PAGODA_VOCAB") is { Length: > 0 } named)
        {
            return File.Exists(named) ? named : throw new FileNotFoundException($"PAGODA_VOCAB names {named}, which does not exist.", named);
        }

        return ModelCatalogue.Default.Find(CatalogueName) is { } entry ? ModelCache.Default().Find(entry) : null;
    }
}
