using System.CommandLine;
using Pagoda.Cli;
using Pagoda.Cli.Commands;

namespace Pagoda.Tests.Cli;

public class WeightsOptionsTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("--quick-gelu", true)]
    [InlineData("--gelu", false)]
    public void Of_Activation_IsWhatWasSaid(string arguments, bool? expected) => Assert.Equal(expected, Read(arguments).QuickGelu);

    [Fact]
    public void Of_BothActivations_IsRefused() => Assert.Throws<UsageException>(() => Read("--gelu --quick-gelu"));

    [Fact]
    public void Of_Architecture_IsPassedOn() => Assert.Equal("RN50", Read("--arch RN50").Architecture);

    private static Pagoda.Models.Clip.ClipLoadOptions Read(string arguments)
    {
        var options = new WeightsOptions();
        var command = new RootCommand();
        options.All.ToList().ForEach(command.Add);
        return options.Of(command.Parse(arguments));
    }
}
