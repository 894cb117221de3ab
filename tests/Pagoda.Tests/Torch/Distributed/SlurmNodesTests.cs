using FsCheck;
using FsCheck.Fluent;
using Pagoda.Torch.Distributed;

namespace Pagoda.Tests.Torch.Distributed;

public sealed class SlurmNodesTests
{
    [Theory]
    [InlineData("node1", "node1")]
    [InlineData("a,b", "a b")]
    [InlineData("node[01-03,07],login", "node01 node02 node03 node07 login")]
    [InlineData("gpu[8-11]", "gpu8 gpu9 gpu10 gpu11")]
    [InlineData("rack[1-2]node[1-2]-ib", "rack1node1-ib rack1node2-ib rack2node1-ib rack2node2-ib")]
    public void Expand_Lists_GivesEveryHost(string list, string hosts) => Assert.Equal(hosts.Split(' '), SlurmNodes.Expand(list));

    [Theory]
    [InlineData("")]
    [InlineData("a[1-")]
    [InlineData("a]")]
    [InlineData("a[2-1]")]
    [InlineData("a[x]")]
    [InlineData("a,,b")]
    public void Expand_BrokenList_Throws(string list) => Assert.Throws<FormatException>(() => SlurmNodes.Expand(list).ToList());

    [Fact]
    public void Expand_AnyNumbers_ComeBack()
    {
        var sets = Gen.Choose(0, 999).ListOf().Where(numbers => numbers.Count > 0);
        Prop.ForAll(sets.ToArbitrary(), numbers => SlurmNodes.Expand($"n[{string.Join(',', numbers.Select(number => $"{number:000}"))}]")
            .SequenceEqual(numbers.Select(number => $"n{number:000}"))).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("4", 0, 4)]
    [InlineData("4(x2),3", 1, 4)]
    [InlineData("4(x2),3", 2, 3)]
    [InlineData("4(x2),3", 3, null)]
    [InlineData("many", 0, null)]
    public void TasksOf_Lists_GivesTheNodes(string list, int node, int? expected) => Assert.Equal(expected, SlurmNodes.TasksOf(list, node));
}
