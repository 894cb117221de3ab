#if defined(__AVX2__) && defined(__FMA__)
#define VECTOR 8
#define TALL 4
#define WIDE 3
#include "kernels.inc"

const pagoda::DecoderKernels* pagoda::decoder_avx2() { return &DECODER; }
#else
#include "kernels.h"

const pagoda::DecoderKernels* pagoda::decoder_avx2() { return nullptr; }
#endif
