using Pagoda.Models.Clip.Tokenizer;

namespace Pagoda.Tests.Models.Tokenizer;

public sealed class BpeTrainerTests
{
    private static readonly string[] s_captions =
    [
        "two blue apples on a yellow background",
        "a cat to the left of a red car",
        "a blue cat above a red apple",
        "three red cars below a yellow cat",
        "the apple's leaf",
    ];

    [Fact]
    public void Train_RepeatedWords_BecomeOneTokenEach()
    {
        var tokenizer = BpeTrainer.Train(s_captions, 640);
        Assert.Single(tokenizer.Encode("yellow"));
        Assert.Single(tokenizer.Encode("cat"));
        Assert.True(tokenizer.Encode("zebra").Length > 1);
    }

    [Fact]
    public void Train_FewTexts_KeepsClipLayout()
    {
        var tokenizer = BpeTrainer.Train(s_captions, 530);
        Assert.Equal(530, tokenizer.VocabularySize);
        Assert.Equal(528, tokenizer.StartToken);
        Assert.Equal(529, tokenizer.EndToken);
        Assert.Equal("a b c ", tokenizer.Decode(tokenizer.Encode("A b C")));
    }

    [Fact]
    public void Train_ExhaustedTexts_GivesSmallerVocabulary()
    {
        var tokenizer = BpeTrainer.Train(["cat cat"], 1000);
        Assert.Equal(BpeTrainer.SmallestVocabulary + 2, tokenizer.VocabularySize);
    }

    [Fact]
    public void Train_FirstMerge_IsMostFrequentPair()
    {
        var tokenizer = BpeTrainer.Train(["ab ab abx", "xy"], 515);
        Assert.Equal("ab ", tokenizer.Decode([512]));
    }

    [Fact]
    public void Train_OrderOfTexts_DoesNotMatter()
    {
        var one = BpeTrainer.Train(s_captions, 600);
        var other = BpeTrainer.Train(s_captions.Reverse(), 600);
        Assert.All(s_captions, caption => Assert.Equal(one.Encode(caption), other.Encode(caption)));
    }

    [Fact]
    public void Train_TooSmallVocabulary_SaysHowMuchIsNeeded()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => BpeTrainer.Train(s_captions, 100));
        Assert.Contains("514", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SaveTokenizerJson_Trained_LoadsWithEqualIds()
    {
        var trained = BpeTrainer.Train(s_captions, 600);
        var path = Path.Combine(Path.GetTempPath(), $"pagoda-{Guid.NewGuid():N}.json");
        try
        {
            trained.SaveTokenizerJson(path);
            var loaded = ClipTokenizer.Load(path);
            Assert.Equal(trained.VocabularySize, loaded.VocabularySize);
            Assert.Equal(trained.EndToken, loaded.EndToken);
            foreach (var text in s_captions.Append("日本 🐱 unseen WORDS, \"quoted\"!"))
            {
                Assert.Equal(trained.Tokenize(text), loaded.Tokenize(text));
            }
        }
        finally
        {
            File.Delete(path);
        }
    }
}
