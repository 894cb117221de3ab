using Pagoda.Data;
using Pagoda.Data.Scenes;

namespace Pagoda.Tests.Data;

public sealed class EmojiLibraryCacheTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"pagoda-{Guid.NewGuid():N}.bin");

    [Fact]
    public void LoadCache_OfASavedLibrary_IsTheSame()
    {
        var random = new Random(1);
        var noise = new byte[7 * 5 * 4];
        random.NextBytes(noise);
        var library = new EmojiLibrary([.. DrawnEmoji.Library.Emoji, new Emoji("ö", "o", EmojiStyle.Flat, "Flags", [], 2, new Sprite(7, 5, noise))]);
        library.SaveCache(_path);
        var loaded = EmojiLibrary.LoadCache(_path);
        Assert.Equal(library.Emoji.Count, loaded.Emoji.Count);
        foreach (var (a, b) in library.Emoji.Zip(loaded.Emoji))
        {
            Assert.Equal((a.Name, a.Title, a.Style, a.Group, a.Shard), (b.Name, b.Title, b.Style, b.Group, b.Shard));
            Assert.Equal(a.Keywords, b.Keywords);
            Assert.Equal((a.Sprite.Width, a.Sprite.Height), (b.Sprite.Width, b.Sprite.Height));
            Assert.Equal(a.Sprite.Pixels, b.Sprite.Pixels);
        }
    }

    [Fact]
    public void LoadCache_CutAnywhere_SaysSo()
    {
        new EmojiLibrary([DrawnEmoji.Library.Emoji[0]]).SaveCache(_path);
        var whole = File.ReadAllBytes(_path);
        for (var length = 0; length < whole.Length - 8; length += 5)
        {
            File.WriteAllBytes(_path, whole[..length]);
            Assert.Contains(_path, Assert.Throws<DataException>(() => EmojiLibrary.LoadCache(_path)).Message);
        }
    }

    [Fact]
    public void LoadCache_Missing_SaysSo() => Assert.Throws<DataException>(() => EmojiLibrary.LoadCache(_path));

    [Fact]
    public void Load_FolderWithoutShards_SaysSo() =>
        Assert.Contains("emoji-*.tar", Assert.Throws<DataException>(() => EmojiLibrary.Load("/nowhere")).Message);

    public void Dispose() => File.Delete(_path);
}
