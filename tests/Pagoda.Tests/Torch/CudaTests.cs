using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Tests.Torch;

/// <summary>A test that needs a CUDA device; skipped, with the reason, where libtorch has none.</summary>
public sealed class CudaFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Missing = new(() =>
        LibTorch.CudaDeviceCount > 0 ? null : LibTorch.HasCuda ? "needs a CUDA device, and libtorch sees none" : "needs a libtorch with CUDA (docs/gpu.md)");

    public CudaFactAttribute() => Skip = Missing.Value;
}

/// <summary>What must be the same on a CUDA device.</summary>
public sealed class CudaTests
{
    [CudaFact]
    public void Tower_EmbeddingAndGradient_AreTheProcessors()
    {
        using var scope = new TensorScope();
        using var generator = new Generator(1);
        var config = new ClipConfig
        {
            EmbedDim = 32,
            Vision = new VisionConfig { Architecture = VisionArchitecture.ViT, ImageSize = 32, PatchSize = 8, Width = [64], Layers = [2], HeadWidth = 32 },
            Text = new TextConfig { ContextLength = 8, VocabularySize = 16, Width = 32, Heads = 1, Layers = 1 },
        };
        var here = new ClipModel(Weights.Initialize(0, Device.Cpu), config);
        var there = new ClipModel(Weights.Initialize(0, Device.Cuda()), config);
        using (GradMode.Disable())
        {
            foreach (var (name, weight) in there.Weights.StateDict)
            {
                weight.Copy_(here.Weights.StateDict[name]);
            }
        }

        var pictures = Ops.Rand([3, 3, 32, 32], generator);
        var (embedding, gradient) = Run(here, pictures);
        var (cudaEmbedding, cudaGradient) = Run(there, pictures.To(device: Device.Cuda()));

        Assert.InRange((cudaEmbedding.To(device: Device.Cpu) - embedding).Abs().Max().ToDouble(), 0, 1e-4);
        Assert.InRange((cudaGradient.To(device: Device.Cpu) - gradient).Abs().Max().ToDouble(), 0, 1e-4 * gradient.Abs().Max().ToDouble());
    }

    [CudaFact]
    public void Graph_ReplayedOnOtherNumbers_ComputesThem()
    {
        using var scope = new TensorScope();
        var x = Ops.Ones([1000], ScalarType.Float32).To(device: Device.Cuda());
        _ = x * 2 + 1; // loads the kernels, which a capture must not do
        LibTorch.Synchronize(Device.Cuda());
        using var graph = CudaGraph.Capture();
        var y = x * 2 + 1;
        graph.End();

        x.Copy_(Ops.Full([1000], 5, ScalarType.Float32));
        graph.Replay();
        LibTorch.Synchronize(Device.Cuda());

        Assert.All(y.To(device: Device.Cpu).ToArray<float>(), value => Assert.Equal(11, value));
    }

    [CudaFact]
    public void Memory_OfATensor_IsSeenAndGivenBack()
    {
        using var scope = new TensorScope();
        Cuda.EmptyCache();
        var (free, total, _) = Cuda.Memory(0);
        using (new TensorScope())
        {
            Ops.Zeros([64 << 20], ScalarType.Float32).To(device: Device.Cuda());
            LibTorch.Synchronize(Device.Cuda());
            Assert.True(Cuda.Memory(0).Free <= free - (128L << 20), "256 MB on the device are not seen");
        }

        Cuda.EmptyCache();
        Assert.InRange(Cuda.Memory(0).Free, 0, total);
    }

    private static (Tensor Embedding, Tensor Gradient) Run(ClipModel model, Tensor pictures)
    {
        var x = pictures.Detach().WithGrad();
        var embedding = model.EncodeImage(x);
        return (embedding.Detach(), Autograd.Grad(embedding.Pow(2).Sum() + embedding.Sum(), x));
    }
}
