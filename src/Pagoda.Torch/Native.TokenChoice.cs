using System.Runtime.InteropServices;

namespace Pagoda.Torch;

/// <summary>The function of native/torch/choose_token.cpp.</summary>
internal static unsafe partial class Native
{
    [LibraryImport(Library, EntryPoint = "pg_choose_tokens")]
    public static partial int ChooseTokens(
        nint logits, long rows, long vocabulary, double temperature, long most, double share, double* uniforms, long* tokens, float* logLikelihoods);
}
