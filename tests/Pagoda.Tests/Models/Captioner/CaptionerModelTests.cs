using Pagoda.Models.Captioner;
using Pagoda.Models.Clip.Tokenizer;
using Pagoda.Tests.Data;
using Pagoda.Torch;

namespace Pagoda.Tests.Models.Captioner;

public sealed class CaptionerModelTests : IDisposable
{
    private static readonly CaptionerConfig s_config = new()
    {
        Resolution = 16, TrunkWidths = [8, 16], TrunkBlocks = [0, 1], Width = 16, Layers = 2, Heads = 2, ContextLength = 9, VocabularySize = 520,
    };

    private static readonly ClipTokenizer s_tokenizer = BpeTrainer.Train(["red apple", "red apple", "blue car", "blue car"], 520);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Forward_LaterWords_ChangeNothingBefore()
    {
        using var scope = new TensorScope();
        var (model, pictures) = (Model(), Pictures(2));
        var tokens = Ops.Randint(0, 500, [2, 8], new Generator(2));
        var one = model.Forward(pictures, tokens);
        Assert.Equal([2, 8, 520], one.Shape.ToArray());
        for (var place = 1; place < 8; place++)
        {
            var changed = tokens.Clone();
            changed.Narrow(1, place, 8 - place).Add_(7);
            var other = model.Forward(pictures, changed);
            Assert.Equal(one.Narrow(1, 0, place).Contiguous().ToArray<float>(), other.Narrow(1, 0, place).Contiguous().ToArray<float>());
            Assert.NotEqual(one.Select(1, place).Contiguous().ToArray<float>(), other.Select(1, place).Contiguous().ToArray<float>());
        }
    }

    [Fact]
    public void LogLikelihoods_AreThoseOfEachWordAlone_WhateverStandsBeside()
    {
        using var scope = new TensorScope();
        var (model, pictures) = (Model(), Pictures(2));
        string[] captions = ["red apple", "car"];
        var together = model.LogLikelihoods(pictures, CaptionRows.Of(s_tokenizer, captions, 9));
        for (var i = 0; i < 2; i++)
        {
            long[] row = [s_tokenizer.StartToken, .. s_tokenizer.Encode(captions[i]).Select(id => (long)id), s_tokenizer.EndToken];
            var log = model.Forward(pictures.Narrow(0, i, 1), Tensor.From(row[..^1], 1, row.Length - 1)).LogSoftmax(-1).Select(0, 0).ToArray<float>();
            var own = together.Select(0, i).Contiguous().ToArray<float>();
            for (var at = 0; at < own.Length; at++)
            {
                Assert.Equal(at < row.Length - 1 ? log[(at * 520) + row[at + 1]] : 0, own[at], 4);
            }
        }
    }

    [Fact]
    public void Caption_TakesTheLikeliestWordEachTime()
    {
        using var scope = new TensorScope();
        var (model, pictures) = (Model(), Pictures(3));
        var said = model.Caption(pictures, s_tokenizer.StartToken, s_tokenizer.EndToken);
        for (var i = 0; i < 3; i++)
        {
            long[] row = [s_tokenizer.StartToken, .. said[i].Select(id => (long)id)];
            var best = model.Forward(pictures.Narrow(0, i, 1), Tensor.From(row[..Math.Min(row.Length, 8)], 1, Math.Min(row.Length, 8))).Argmax(-1).ToArray<long>();
            Assert.Equal(said[i].Select(id => (long)id), best.Take(said[i].Count));
            Assert.True(said[i].Count == 8 || best[^1] == s_tokenizer.EndToken, $"{said[i].Count} words");
        }
    }

    [Fact]
    public void Save_AndLoad_GiveTheSameLikelihoods_BesideOtherModels()
    {
        using var scope = new TensorScope();
        File.WriteAllText(_folder.File("config.json"), """{"vqgan": {"ch": 3}}""");
        CaptionerSaver.Save(_folder.Path, Model(), s_tokenizer);
        Assert.Contains("vqgan", File.ReadAllText(_folder.File("config.json")), StringComparison.Ordinal);
        using var loaded = CaptionerLoader.Load(_folder.Path, Device.Cpu);
        var (pictures, rows) = (Pictures(2), CaptionRows.Of(s_tokenizer, ["red apple", "blue car"], 9));
        Assert.Equal(Model().LogLikelihoods(pictures, rows).ToArray<float>(), loaded.Model.LogLikelihoods(pictures, rows).ToArray<float>());

        var words = Assert.Throws<InvalidDataException>(() => CaptionerSaver.Save(_folder.Path, Model(), BpeTrainer.Train(["green tree", "green tree"], 520)));
        Assert.Contains("other words", words.Message, StringComparison.Ordinal);
        CaptionerConfigFile.Write(_folder.File("config.json"), s_config with { VocabularySize = 521 });
        Assert.Contains("do not belong together", Assert.Throws<InvalidDataException>(() => CaptionerLoader.Load(_folder.Path, Device.Cpu)).Message, StringComparison.Ordinal);
        Assert.Contains("has no captioner", Assert.Throws<FileNotFoundException>(() => CaptionerLoader.Load(Directory.CreateDirectory(_folder.File("empty")).FullName, Device.Cpu)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_TooLongACaption_IsRefusedOrCut()
    {
        var caption = string.Concat(Enumerable.Repeat("red apple ", 9));
        Assert.Contains("the captioner reads 7", Assert.Throws<ArgumentException>(() => CaptionRows.Of(s_tokenizer, [caption], 9)).Message, StringComparison.Ordinal);
        var cut = CaptionRows.Of(s_tokenizer, [caption, ""], 9, cut: true);
        Assert.Equal([8, 1], cut.Lengths);
        Assert.Equal(8, cut.Length);
        Assert.Equal(s_tokenizer.EndToken, cut.Targets[7]);
        Assert.Equal([s_tokenizer.EndToken, CaptionRows.Nothing], cut.Targets[8..10]);
    }

    private static CaptionerModel Model()
    {
        // Drawn larger than for training, so that words matter to words.
        var model = new CaptionerModel(Weights.Initialize(4, Device.Cpu), s_config);
        foreach (var weight in model.Weights.Parameters.Values.Where(weight => weight.Dimensions >= 2))
        {
            weight.Mul_(3);
        }

        return model;
    }

    private static Tensor Pictures(int count) => Ops.Rand([count, 3, 16, 16], new Generator(1));
}
