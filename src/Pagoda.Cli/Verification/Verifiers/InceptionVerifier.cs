using Pagoda.Models.Inception;
using Pagoda.Torch;

namespace Pagoda.Cli.Verification.Verifiers;

/// <summary>The Inception-v3 of FID: its resizing and feature maps, or its blocks one by one.</summary>
internal sealed class InceptionVerifier : IFixtureVerifier
{
    public bool Recognises(Fixture fixture) => fixture.ComesFrom("inception.py") && (fixture.Lists("output.pool3") || fixture.Lists("output.FIDInceptionA"));

    public void Verify(FixtureRun run)
    {
        var weights = Weights.Load(run.Weights(), Device.Cpu);
        if (run.Fixture.Lists("output.pool3"))
        {
            Network(run, new InceptionNetwork(weights, classifier: weights["fc"].Has("weight")));
        }
        else
        {
            Blocks(run, weights);
        }

        weights.ThrowIfUnexpected();
    }

    private static void Network(FixtureRun run, InceptionNetwork network)
    {
        var image = run.Input("image");
        // The upper right corner: rows from 0 on, columns up to the edge.
        var corner = run.Fixture.Entry.GetProperty("outputs").TryGetProperty("output.resized_corner", out var shape) ? shape[2].GetInt64() : 1;
        run.Near("output.resized_corner", InceptionInput.Resized(image).Narrow(2, 0, corner).Narrow(3, InceptionNetwork.Side - corner, corner));
        var maps = network.Maps(InceptionInput.PytorchFid(image));
        for (var layer = InceptionLayer.FirstPool; layer < InceptionLayer.Features; layer++)
        {
            run.Near($"output.block{(int)layer}", maps[(int)layer].Mean([2, 3]));
        }

        run.Near("output.block2_map", maps[(int)InceptionLayer.BeforeAuxiliary]);
        run.Near("output.pool3", maps[(int)InceptionLayer.Features]);
    }

    private static void Blocks(FixtureRun run, Weights weights)
    {
        var x = run.Input("x");
        long inputs = x.Size(1), inner = run.Fixture.Int("channels_7x7");
        run.Near("output.FIDInceptionA", InceptionBlock.A(weights["FIDInceptionA"], inputs, 64).Forward(x));
        run.Near("output.InceptionB", InceptionBlock.B(weights["InceptionB"], inputs).Forward(x));
        run.Near("output.FIDInceptionC", InceptionBlock.C(weights["FIDInceptionC"], inputs, inner).Forward(x));
        run.Near("output.InceptionD", InceptionBlock.D(weights["InceptionD"], inputs).Forward(x));
        run.Near("output.FIDInceptionE_1", InceptionBlock.E(weights["FIDInceptionE_1"], inputs, maximum: false).Forward(x));
        run.Near("output.FIDInceptionE_2", InceptionBlock.E(weights["FIDInceptionE_2"], inputs, maximum: true).Forward(x));
    }
}
