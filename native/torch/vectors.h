// Whether kernels may use AVX2, which is decided when they run: a library built here runs on processors without it.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#define PG_AVX2 __attribute__((target("avx2,fma")))
#endif

namespace pagoda {

/// True on processors with AVX2 and FMA, as far as pg_allow_vectors lets them be used.
bool has_vectors() noexcept;

/// The same for AVX-512's floats.
bool has_wide_vectors() noexcept;

}  // namespace pagoda
