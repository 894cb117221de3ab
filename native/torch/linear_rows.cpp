// y = x Wᵀ + b for a few rows x: what sampling one token at a time consists of. The time is that of reading W from memory
// once, so the kernel does that, at the rate the memory has, for float32 and for bfloat16 (half the bytes), whatever
// the number of rows up to eight. libtorch 1.13 has no such kernel for bfloat16 without AVX-512, and for float32 it
// calls a matrix product made for many rows.
#include "guarded.h"
#include "vectors.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif
// Sums stay in registers only when no loop over them is left.
#define PG_UNROLL _Pragma("GCC unroll 16")

namespace {

enum After : int32_t { STORE = 0, GELU = 1, ADD = 2 };

constexpr int64_t MOST_ROWS = 8;

struct Product {
    const void* weight;   // [outputs, inputs]
    const float* bias;    // [outputs] or null
    const float* x;       // [rows, inputs]
    float* y;             // [rows, outputs]
    int64_t inputs, outputs;
    int32_t after;
};

inline void put(const Product& p, int64_t row, int64_t output, float sum) {
    if (p.bias) sum += p.bias[output];
    float* y = p.y + row * p.outputs + output;
    if (p.after == GELU) sum = 0.5f * sum * (1 + std::erf(sum * 0.70710678118654752f));
    *y = p.after == ADD ? *y + sum : sum;
}

inline float widen(float value) { return value; }

inline float widen(uint16_t value) {
    uint32_t bits = static_cast<uint32_t>(value) << 16;
    float wide;
    std::memcpy(&wide, &bits, sizeof wide);
    return wide;
}

/// Eight sums apart, which compilers turn into vectors without being allowed to reorder.
template <class Element, int ROWS>
void plain(const Product& p, int64_t begin, int64_t end) {
    const auto* weight = static_cast<const Element*>(p.weight);
    for (int64_t o = begin; o < end; o++) {
        const Element* w = weight + o * p.inputs;
        for (int row = 0; row < ROWS; row++) {
            const float* x = p.x + row * p.inputs;
            float sums[8] = {};
            int64_t i = 0;
            for (; i + 8 <= p.inputs; i += 8)
                for (int lane = 0; lane < 8; lane++) sums[lane] += widen(w[i + lane]) * x[i + lane];
            float sum = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
            for (; i < p.inputs; i++) sum += widen(w[i]) * x[i];
            put(p, row, o, sum);
        }
    }
}

#ifdef PG_AVX2

PG_AVX2 inline float total(__m256 v) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
}

/// Sixteen weights as two vectors: float32 in order, bfloat16 as the even ones and the odd ones, which are the lower and
/// the upper halves of 32-bit words; x is laid out to match.
PG_AVX2 inline void load(const float* at, __m256& first, __m256& second) {
    first = _mm256_loadu_ps(at);
    second = _mm256_loadu_ps(at + 8);
}

PG_AVX2 inline void load(const uint16_t* at, __m256& first, __m256& second) {
    __m256i words = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    first = _mm256_castsi256_ps(_mm256_slli_epi32(words, 16));
    second = _mm256_castsi256_ps(_mm256_and_si256(words, _mm256_set1_epi32(static_cast<int32_t>(0xffff0000u))));
}

/// Several outputs at a time: more reads under way, and each piece of x serves all of them.
template <class Element, int ROWS, int OUTPUTS>
PG_AVX2 void block(const Product& p, int64_t row, int64_t o) {
    const Element* w[OUTPUTS];
    __m256 sums[OUTPUTS][ROWS];
    PG_UNROLL for (int k = 0; k < OUTPUTS; k++) {
        w[k] = static_cast<const Element*>(p.weight) + (o + k) * p.inputs;
        PG_UNROLL for (int r = 0; r < ROWS; r++) sums[k][r] = _mm256_setzero_ps();
    }
    const float* x = p.x + row * p.inputs;
    int64_t i = 0;
    for (; i + 16 <= p.inputs; i += 16) {
        __m256 first[OUTPUTS], second[OUTPUTS];
        PG_UNROLL for (int k = 0; k < OUTPUTS; k++) {
            load(w[k] + i, first[k], second[k]);
            _mm_prefetch(reinterpret_cast<const char*>(w[k] + i + OUTPUTS * p.inputs), _MM_HINT_T0);
        }
        PG_UNROLL for (int r = 0; r < ROWS; r++) {
            __m256 piece = _mm256_loadu_ps(x + r * p.inputs + i);
            PG_UNROLL for (int k = 0; k < OUTPUTS; k++) sums[k][r] = _mm256_fmadd_ps(first[k], piece, sums[k][r]);
            piece = _mm256_loadu_ps(x + r * p.inputs + i + 8);
            PG_UNROLL for (int k = 0; k < OUTPUTS; k++) sums[k][r] = _mm256_fmadd_ps(second[k], piece, sums[k][r]);
        }
    }
    PG_UNROLL for (int k = 0; k < OUTPUTS; k++) {
        PG_UNROLL for (int r = 0; r < ROWS; r++) {
            float sum = total(sums[k][r]);
            for (int64_t rest = i; rest < p.inputs; rest++) sum += widen(w[k][rest]) * x[r * p.inputs + rest];
            put(p, row + r, o + k, sum);
        }
    }
}

/// At most four rows at a time fit the registers; for the next four the weights are still in the nearest cache.
template <class Element, int ROWS, int OUTPUTS>
PG_AVX2 void rows_of(const Product& p, int64_t o) {
    constexpr int FIRST = ROWS <= 4 ? ROWS : (ROWS + 1) / 2;
    block<Element, FIRST, OUTPUTS>(p, 0, o);
    if constexpr (ROWS > FIRST) block<Element, ROWS - FIRST, OUTPUTS>(p, FIRST, o);
}

template <class Element, int ROWS>
PG_AVX2 void wide(const Product& p, int64_t begin, int64_t end) {
    constexpr int OUTPUTS = ROWS <= 2 ? 4 : 2;
    int64_t o = begin;
    for (; o + OUTPUTS <= end; o += OUTPUTS) rows_of<Element, ROWS, OUTPUTS>(p, o);
    for (; o < end; o++) rows_of<Element, ROWS, 1>(p, o);
}

/// x as `load` wants it for bfloat16: in every sixteen the even ones, then the odd ones.
void part(const float* x, float* parted, int64_t rows, int64_t inputs) {
    for (int64_t row = 0; row < rows; row++, x += inputs, parted += inputs) {
        int64_t i = 0;
        for (; i + 16 <= inputs; i += 16) {
            for (int k = 0; k < 8; k++) {
                parted[i + k] = x[i + 2 * k];
                parted[i + 8 + k] = x[i + 2 * k + 1];
            }
        }
        std::copy(x + i, x + inputs, parted + i);
    }
}

#endif

using Kernel = void (*)(const Product&, int64_t, int64_t);

template <class Element, int ROWS>
Kernel kernel_of(int64_t rows) {
    if constexpr (ROWS == 0) {
        return nullptr;
    } else {
        if (rows != ROWS) return kernel_of<Element, ROWS - 1>(rows);
#ifdef PG_AVX2
        if (pagoda::has_vectors()) return wide<Element, ROWS>;
#endif
        return plain<Element, ROWS>;
    }
}

std::atomic<int32_t> vectors_allowed{2};

}  // namespace

bool pagoda::has_wide_vectors() noexcept {
#ifdef PG_AVX2
    static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    return has && vectors_allowed > 1;
#else
    return false;
#endif
}

bool pagoda::has_vectors() noexcept {
#ifdef PG_AVX2
    static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return has && vectors_allowed > 0;
#else
    return false;
#endif
}

/// The widest vectors that kernels may use, to hold one kind against another: 0 none, 1 AVX2, 2 all. Returns what was before.
PG_API int32_t pg_allow_vectors(int32_t widest) { return vectors_allowed.exchange(widest); }

/// y[r, o] = after(Σ x[r, i] W[o, i] + b[o]) for 1 to 8 rows. `type` is libtorch's number of W's type: 6 float32,
/// 15 bfloat16. `after` is 0 to store, 1 for the exact GELU, 2 to add to what y has.
PG_API int32_t pg_linear_rows(
    const void* weight, int32_t type, const float* bias, const float* x, float* y, int64_t rows, int64_t inputs, int64_t outputs, int32_t after) {
    return pagoda::guarded<int32_t>(-1, [&] {
        Kernel kernel = type == 6 ? kernel_of<float, MOST_ROWS>(rows) : type == 15 ? kernel_of<uint16_t, MOST_ROWS>(rows) : nullptr;
        if (!kernel) throw std::invalid_argument("linear_rows takes 1 to 8 rows and weights of float32 or bfloat16.");
        Product product{weight, bias, x, y, inputs, outputs, after};
#ifdef PG_AVX2
        thread_local std::vector<float> parted;
        if (type == 15 && pagoda::has_vectors()) {
            parted.resize(rows * inputs);
            part(x, parted.data(), rows, inputs);
            product.x = parted.data();
        }
#endif
        // Each thread reads one piece of memory from its beginning to its end.
#pragma omp parallel
        {
#ifdef _OPENMP
            int64_t threads = omp_get_num_threads(), thread = omp_get_thread_num();
#else
            int64_t threads = 1, thread = 0;
#endif
            int64_t share = (outputs + threads * 16 - 1) / (threads * 16) * 16;
            int64_t begin = std::min(outputs, thread * share), end = std::min(outputs, begin + share);
            if (begin < end) kernel(product, begin, end);
        }
        return 0;
    });
}
