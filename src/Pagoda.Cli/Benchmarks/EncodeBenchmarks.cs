using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Cli.Benchmarks;

/// <summary>Embeddings of a batch of pictures, without gradients.</summary>
internal sealed class EncodeImageBenchmark : IBenchmark
{
    public string Name => "encode-image";

    public string Description => "Embeddings of a batch of pictures.";

    public Workload Prepare(BenchmarkShape shape)
    {
        using var unowned = TensorScope.Unowned();
        var model = new ClipModel(Weights.Initialize(0, Device.Cpu), shape.Config(images: true, texts: false));
        return new Encoding(model, Ops.Rand([shape.Views, 3, shape.Size, shape.Size]), shape.Type, model.EncodeImage)
        {
            Of = new Setting(shape.Arch, shape.Size, shape.Views),
            Counted = OperationCount.Image(model.Config)?.Forward * shape.Views,
            Forms = !PythonShapes.HasTower(model.Config) ? [] : model.Config.Vision.Architecture == VisionArchitecture.ViT ? ["plain"] : ["plain", "channels-last"],
            Shape = PythonShapes.Image(model.Config, shape),
        };
    }
}

/// <summary>Embeddings of a batch of texts of a caption's usual length, padded to the context as the tokenizer pads them.</summary>
internal sealed class EncodeTextBenchmark : IBenchmark
{
    /// <summary>Tokens of "a photo of a small red bird on a green branch" with its begin and end.</summary>
    private const int Length = 12;

    public string Name => "encode-text";

    public string Description => "Embeddings of a batch of texts of 12 tokens, padded to the context.";

    public Workload Prepare(BenchmarkShape shape)
    {
        using var unowned = TensorScope.Unowned();
        var model = new ClipModel(Weights.Initialize(0, Device.Cpu), shape.Config(images: false, texts: true));
        var text = model.Config.Text;
        var rows = new long[shape.Views * text.ContextLength];
        for (var i = 0; i < rows.Length; i++)
        {
            var at = i % text.ContextLength;
            rows[i] = at < Length - 1 ? 1 + at : at == Length - 1 ? text.VocabularySize - 1 : 0;
        }

        return new Encoding(model, Tensor.From(rows, shape.Views, text.ContextLength), shape.Type, model.EncodeText)
        {
            Of = new Setting(shape.Arch, null, shape.Views),
            Counted = OperationCount.Text(model.Config, Length).Forward * shape.Views,
            Forms = ["plain"],
            Shape = PythonShapes.Text(model.Config, shape.Views, Length),
        };
    }
}

/// <summary>A tower's forward pass over the same input again and again.</summary>
internal sealed class Encoding(ClipModel model, Tensor input, ScalarType type, Func<Tensor, Tensor> encode) : Workload
{
    public required Setting Of { get; init; }

    public override Setting Setting => Of;

    public required double? Counted { get; init; }

    public required IReadOnlyList<string> Forms { get; init; }

    public required IReadOnlyDictionary<string, object> Shape { get; init; }

    public override double? Operations => Counted;

    public override IReadOnlyList<string> PythonForms => Forms;

    public override IReadOnlyDictionary<string, object> PythonShape => Shape;

    public override void Step()
    {
        using var scope = new TensorScope();
        using var inference = new InferenceMode();
        using var narrow = new Autocast(Device.Cpu, enabled: type == ScalarType.BFloat16);
        encode(input);
    }

    public override void Dispose()
    {
        Free(model.Weights);
        input.Dispose();
    }
}
