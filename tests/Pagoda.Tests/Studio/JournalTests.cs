using System.Text;
using System.Text.Json;
using Pagoda.Studio.Jobs;

namespace Pagoda.Tests.Studio;

public sealed class JournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pagoda-journal-").FullName;

    private string File => Path.Combine(_folder, "journal.jsonl");

    [Fact]
    public async Task Append_ManyAtOnce_AllAreThereInOrder()
    {
        await using (var journal = Open(out _, out _))
        {
            await Task.WhenAll(Enumerable.Range(0, 500).Select(number => journal.Append(new { number })));
        }

        await using var again = Open(out var lines, out var damaged);
        Assert.Equal(Enumerable.Range(0, 500), lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("number").GetInt32()));
        Assert.Empty(damaged);
    }

    [Fact]
    public async Task Open_AnyCutInTheFile_KeepsTheWholeLinesBeforeIt()
    {
        var whole = Encoding.UTF8.GetBytes("{\"number\":0}\n{\"number\":1,\"text\":\"ä\"}\n{\"number\":2}\n");
        for (var length = 0; length <= whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            var lines = whole[..length].Count(letter => letter == '\n');
            await using (var journal = Open(out var read, out var damaged))
            {
                Assert.Equal(lines, read.Count);
                Assert.Empty(damaged);
                await journal.Append(new { number = 9 });
            }

            await using var again = Open(out var after, out _);
            Assert.Equal(lines + 1, after.Count);
        }
    }

    [Fact]
    public async Task Open_DamagedLine_IsToldAndTheRestRead()
    {
        System.IO.File.WriteAllText(File, "{\"number\":0}\n{\"num\0er\n{\"number\":2}\n");
        await using var journal = Open(out var lines, out var damaged);
        Assert.Equal(2, lines.Count);
        Assert.Equal([2], damaged);
    }

    [Fact]
    public async Task Open_Twice_SaysThatAnotherServes()
    {
        await using var first = Open(out _, out _);
        Assert.Contains("another Pagoda Studio", Assert.Throws<InvalidOperationException>(() => Open(out _, out _)).Message);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Journal Open(out List<string> lines, out List<int> damaged)
    {
        List<string> read = [];
        List<int> bad = [];
        (lines, damaged) = (read, bad);
        return Journal.Open(File, line => read.Add(line.GetRawText()), (number, _) => bad.Add(number));
    }
}
