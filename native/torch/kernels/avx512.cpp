#if defined(__AVX512F__)
#define VECTOR 16
#define TALL 9
#define WIDE 3
#include "kernels.inc"

const pagoda::Kernels* pagoda::kernels_avx512() { return &KERNELS; }
#else
#include "kernels.h"

const pagoda::Kernels* pagoda::kernels_avx512() { return nullptr; }
#endif
