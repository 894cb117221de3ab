using System.CommandLine;
using Pagoda.Cli.Commands.Vqgan;

namespace Pagoda.Cli.Commands;

/// <summary><c>vqgan</c>: pictures to tokens and back.</summary>
internal sealed class VqganCommand : IPagodaCommand
{
    public Command Build() => new ExampleCommand(
        "vqgan",
        "Turn pictures into the tokens of a VQGAN and back.",
        ("vqgan reconstruct photos --model vqgan-imagenet-f16-16384 --out seen", "See what is left of pictures after 16 x 16 tokens."),
        ("vqgan encode photos --model vqgan-imagenet-f16-16384 --out tokens.safetensors", "Keep a folder of pictures as tokens."),
        ("vqgan decode tokens.safetensors --model vqgan-imagenet-f16-16384 --out pictures", "Turn them into pictures again."))
    {
        new EncodePictures().Build(),
        new DecodeTokens().Build(),
        new ReconstructPictures().Build(),
        new PrepareTokens().Build(),
    };
}
