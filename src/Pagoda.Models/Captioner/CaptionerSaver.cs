using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Torch;

namespace Pagoda.Models.Captioner;

/// <summary>Writes captioners as folders: <see cref="CaptionerLoader.FileName"/>, the entry <c>captioner</c> of <c>config.json</c>, and <c>tokenizer.json</c>, which it shares with a CLIP that is there.</summary>
public static class CaptionerSaver
{
    /// <summary>Writes a captioner, replacing one that is there file by file.</summary>
    /// <param name="folder">Where to; created when missing.</param>
    /// <param name="model">The network.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="metadata">Strings to keep in the safetensors file.</param>
    /// <param name="type">float32, float16 or bfloat16.</param>
    /// <param name="average">Weights to write in place of the network's own, by name.</param>
    /// <exception cref="ArgumentException">The type is none of the three.</exception>
    /// <exception cref="InvalidDataException">The folder has another tokenizer, or a <c>config.json</c> that cannot be added to.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Save(
        string folder,
        CaptionerModel model,
        ClipTokenizer tokenizer,
        IReadOnlyDictionary<string, string>? metadata = null,
        ScalarType type = ScalarType.Float32,
        IReadOnlyDictionary<string, Tensor>? average = null)
    {
        StoredWeights.Check(type);
        Directory.CreateDirectory(folder);
        var words = Path.Combine(folder, "tokenizer.json");
        if (!File.Exists(words))
        {
            tokenizer.SaveTokenizerJson(words);
        }
        else if (!ClipTokenizer.FromTokenizerJson(words).Vocabulary.Symbols.AsSpan().SequenceEqual(tokenizer.Vocabulary.Symbols))
        {
            throw new InvalidDataException($"{words} has other words than the captioner was trained with: train one with captioner.tokenizer={folder}, or name another folder.");
        }

        CaptionerConfigFile.Write(Path.Combine(folder, "config.json"), model.Config);
        StoredWeights.Write(Path.Combine(folder, CaptionerLoader.FileName), model.Weights.StateDict, type, average, metadata);
    }
}
