#if defined(__AVX2__)
#define VECTOR 8
#define TALL 6
#define WIDE 2
#include "kernels.inc"

const pagoda::Kernels* pagoda::kernels_avx2() { return &KERNELS; }
#else
#include "kernels.h"

const pagoda::Kernels* pagoda::kernels_avx2() { return nullptr; }
#endif
