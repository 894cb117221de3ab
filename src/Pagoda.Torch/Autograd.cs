namespace Pagoda.Torch;

/// <summary>Gradients.</summary>
public static unsafe class Autograd
{
    /// <summary>The gradients of the sum of <paramref name="output"/> with respect to <paramref name="inputs"/>.</summary>
    /// <param name="output">A scalar, or any tensor when <paramref name="outputGrad"/> is given.</param>
    /// <param name="inputs">Tensors that require gradients.</param>
    /// <param name="outputGrad">The gradient at the output; ones when it is a scalar.</param>
    /// <param name="retainGraph">Keep the graph for another call.</param>
    /// <param name="createGraph">Make the gradients differentiable themselves.</param>
    /// <exception cref="TorchException">An input does not lead to the output, or the output is no scalar.</exception>
    public static Tensor[] Grad(Tensor output, ReadOnlySpan<Tensor> inputs, Tensor? outputGrad = null, bool retainGraph = false, bool createGraph = false)
    {
        var handles = stackalloc nint[inputs.Length];
        var results = stackalloc nint[inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
        {
            handles[i] = inputs[i].Handle;
        }

        nint outputHandle = output.Handle, gradHandle = outputGrad?.Handle ?? 0;
        Native.Checked(Native.Grad(&outputHandle, 1, outputGrad is null ? null : &gradHandle, handles, inputs.Length, retainGraph || createGraph ? 1 : 0, createGraph ? 1 : 0, 0, results));
        var grads = new Tensor[inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
        {
            grads[i] = new Tensor(results[i]);
            GC.KeepAlive(inputs[i]);
        }

        GC.KeepAlive(output);
        GC.KeepAlive(outputGrad);
        return grads;
    }

    /// <summary>The gradient of <paramref name="output"/> with respect to one input.</summary>
    public static Tensor Grad(Tensor output, Tensor input) => Grad(output, [input])[0];

    /// <summary>Adds the gradients of a scalar to the <see cref="Tensor.Grad"/> of every leaf that requires them.</summary>
    public static void Backward(Tensor output, bool retainGraph = false)
    {
        var handle = output.Handle;
        Native.Checked(Native.Backward(&handle, 1, null, retainGraph ? 1 : 0, 0));
        GC.KeepAlive(output);
    }
}
