namespace Pagoda.Cli.Doctor;

/// <summary>How bad a finding is.</summary>
internal enum Severity
{
    /// <summary>It works, slower or with less than it could.</summary>
    Advice,

    /// <summary>Pictures cannot be generated.</summary>
    Fatal,
}

/// <summary>Something that is not as it should be, and what to do about it.</summary>
internal sealed record Finding(Severity Severity, string What, string Remedy);

/// <summary>What is wrong with a machine, from the facts alone.</summary>
internal static class Diagnosis
{
    private const long MemoryNeeded = 1_000_000_000;
    private const long DiskNeeded = 200_000_000;

    public static IReadOnlyList<Finding> Of(DoctorFacts facts) =>
        [.. Fatal(facts), .. facts.Engine is { } engine ? Advice(facts, engine) : []];

    private static IEnumerable<Finding> Fatal(DoctorFacts facts)
    {
        if (facts.EngineProblem is { } engine)
        {
            yield return new Finding(Severity.Fatal, $"libtorch does not load: {engine}", "install libtorch-dev, or set PAGODA_TORCH to the folder of another libtorch, then ./run doctor");
        }

        if (facts.CodecsProblem is { } codecs)
        {
            yield return new Finding(Severity.Fatal, $"the picture codecs do not load: {codecs}", "install libpng-dev, libjpeg-dev and libwebp-dev, then ./run doctor");
        }

        if (facts.Models.Count == 0)
        {
            yield return new Finding(Severity.Fatal, "no model is on this machine", "./run models pull clipag-vit-b-32, or set PAGODA_MODELS to a folder of .safetensors");
        }

        if (facts.Memory.Available < MemoryNeeded)
        {
            yield return new Finding(Severity.Fatal, $"only {Terminal.Bytes(facts.Memory.Available)} of memory are free", $"end other programs: {Terminal.Bytes(MemoryNeeded)} is the least");
        }

        foreach (var disk in facts.Disks.Where(disk => disk.Free < DiskNeeded))
        {
            yield return new Finding(Severity.Advice, $"only {Terminal.Bytes(disk.Free)} are free in {disk.Folder}", "free some: pictures, runs and weights go there");
        }
    }

    private static IEnumerable<Finding> Advice(DoctorFacts facts, EngineFacts engine)
    {
        if (engine.Blas is { } blas)
        {
            if (blas.Contains("openblas-pthread", StringComparison.Ordinal))
            {
                yield return new Finding(Severity.Advice, "the BLAS in use runs threads of its own beside libtorch's: a step takes 1.7 times as long", "install libopenblas0-openmp and start with ./run, which prefers it");
            }
            else if (Path.GetFileName(blas).StartsWith("libblas.", StringComparison.Ordinal) && !blas.Contains("openblas", StringComparison.Ordinal))
            {
                yield return new Finding(Severity.Advice, "the BLAS in use is the slow reference implementation", "install libopenblas0-openmp and start with ./run, which prefers it");
            }
        }

        if (engine.Threads < facts.Processor.Cores)
        {
            yield return new Finding(Severity.Advice, $"libtorch uses {engine.Threads} of {facts.Processor.Cores} processors", "unset OMP_NUM_THREADS, or set it higher");
        }

        if (engine.Kernels is "AVX2" or "DEFAULT" && facts.Processor.Features.Contains("avx512f"))
        {
            yield return new Finding(Severity.Advice, "libtorch does not use this processor's AVX-512", "start with ./run, or set ATEN_CPU_CAPABILITY=avx512");
        }

        if (facts.HasNvidiaCard && engine.CudaDevices.Count == 0)
        {
            yield return engine.HasCuda
                ? new Finding(Severity.Advice, "an NVIDIA card is here, but CUDA finds no device", "check with nvidia-smi that the driver works and is new enough for this libtorch; unset CUDA_VISIBLE_DEVICES")
                : new Finding(Severity.Advice, "an NVIDIA card is here, but this libtorch was built without CUDA", "set PAGODA_TORCH to the folder of a CUDA build of libtorch or of pip's torch (docs/gpu.md)");
        }
    }
}
