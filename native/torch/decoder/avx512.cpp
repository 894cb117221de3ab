#if defined(__AVX512F__)
#define VECTOR 16
#define TALL 8
#define WIDE 3
#include "kernels.inc"

const pagoda::DecoderKernels* pagoda::decoder_avx512() { return &DECODER; }
#else
#include "kernels.h"

const pagoda::DecoderKernels* pagoda::decoder_avx512() { return nullptr; }
#endif
